package main

import (
	"math/bits"
	"strconv"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// The proportions and skews of the standard generator.
const (
	persons  = 1
	auctions = 3
	cycle    = 50 // of which the rest are bids

	firstID       = 1000 // of persons and auctions
	firstCategory = 10
	categories    = 5
	lead          = 10 // how many persons and auctions that do not exist yet may be named
	hotEvery      = 100
	active        = 1000 // persons that sell and bid
	inFlight      = 100  // auctions that are open
	channels      = 10_000
	hotChannels   = 4

	base = types.Micros(1_436_918_400_000_000) // 2015-07-15 00:00:00, when event 0 happens
	lag  = 4 * types.Second                    // of the watermark
)

// The streams.
const (
	person = iota
	auction
	bid
	streams
)

var (
	states = []string{"AZ", "CA", "ID", "OR", "WA", "WY"}
	cities = []string{"Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland", "Bend", "Redmond", "Seattle", "Kent", "Cheyenne"}
	firsts = []string{"Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter"}
	lasts  = []string{"Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris"}
	hot    = []string{"Google", "Facebook", "Baidu", "Apple"}
)

var names = [streams]string{"person", "auction", "bid"}

// schemas are the columns of the streams.
var schemas = [streams]batch.Schema{
	{
		{Name: "id", Type: types.Int8},
		{Name: "name", Type: types.Text},
		{Name: "emailaddress", Type: types.Text},
		{Name: "creditcard", Type: types.Text},
		{Name: "city", Type: types.Text},
		{Name: "state", Type: types.Text},
		{Name: "datetime", Type: types.Timestamptz, NotNull: true},
		{Name: "extra", Type: types.Text},
	},
	{
		{Name: "id", Type: types.Int8},
		{Name: "itemname", Type: types.Text},
		{Name: "description", Type: types.Text},
		{Name: "initialbid", Type: types.Int8},
		{Name: "reserve", Type: types.Int8},
		{Name: "datetime", Type: types.Timestamptz, NotNull: true},
		{Name: "expires", Type: types.Timestamptz},
		{Name: "seller", Type: types.Int8},
		{Name: "category", Type: types.Int8},
		{Name: "extra", Type: types.Text},
	},
	{
		{Name: "auction", Type: types.Int8},
		{Name: "bidder", Type: types.Int8},
		{Name: "price", Type: types.Int8},
		{Name: "channel", Type: types.Text},
		{Name: "url", Type: types.Text},
		{Name: "datetime", Type: types.Timestamptz, NotNull: true},
		{Name: "extra", Type: types.Text},
	},
}

// Generator makes events. One goroutine uses it.
type Generator struct {
	seed     uint64
	rate     int64 // events a second of event time
	urls     []string
	rows     [streams]*rows
	text     []byte
	channels []string
}

// rows gathers the events of one stream.
type rows struct {
	numbers map[int]*[]int64 // the columns of eight bytes, by place
	texts   map[int]*batch.Builder
	n       int
}

// NewGenerator makes the events of a seed, at a rate of events a second of event time.
func NewGenerator(seed uint64, rate int64) *Generator {
	g := &Generator{seed: seed, rate: rate}
	for s := range g.rows {
		g.rows[s] = &rows{numbers: map[int]*[]int64{}, texts: map[int]*batch.Builder{}}
		for i, f := range schemas[s] {
			if f.Type == types.Text {
				g.rows[s].texts[i] = batch.NewBuilder(f.Type, batch.MaxRows)
			} else {
				g.rows[s].numbers[i] = new([]int64)
			}
		}
	}
	for i := range channels + hotChannels {
		r := seeded(seed, ^uint64(i))
		url := []byte("https://www.nexmark.com/")
		for range 3 {
			url = append(r.words(url, 5, '_'), '/')
		}
		url = append(url, "item.htm?query=1"...)
		if i < channels && r.below(10) > 0 {
			id := int64(int32(bits.Reverse32(uint32(i))))
			url = strconv.AppendInt(append(url, "&channel_id="...), max(id, -id), 10)
		}
		g.urls, g.channels = append(g.urls, string(url)), append(g.channels, "channel-"+strconv.Itoa(i))
	}
	copy(g.channels[channels:], hot)
	return g
}

// at is when an event happens, to the millisecond.
func (g *Generator) at(event int64) types.Micros {
	ms := event/g.rate*1000 + event%g.rate*1000/g.rate
	return base + types.Micros(ms)*types.Millisecond
}

// Batches makes the events [from, to), at most batch.MaxRows of them: a batch for each stream, borrowed until the next
// call; one without rows is nil.
func (g *Generator) Batches(from, to int64) (out [streams]*batch.Batch) {
	for _, r := range g.rows {
		r.n = 0
		for _, c := range r.numbers {
			*c = (*c)[:0]
		}
		for _, b := range r.texts {
			b.Reset()
		}
	}
	for id := from; id < to; id++ {
		g.event(id)
	}
	for s, r := range g.rows {
		if r.n > 0 {
			out[s] = r.batch(schemas[s])
		}
	}
	return out
}

func (r *rows) batch(schema batch.Schema) *batch.Batch {
	b := &batch.Batch{N: r.n, Cols: make([]batch.Column, len(schema))}
	for i, f := range schema {
		if t := r.texts[i]; t != nil {
			b.Cols[i] = t.Finish()
			continue
		}
		if f.Type == types.Int8 {
			v := batch.MakeValues[int64](r.n)
			copy(v, *r.numbers[i])
			b.Cols[i] = batch.FixedOf(f.Type, v, nil)
			continue
		}
		v := batch.MakeValues[types.Micros](r.n)
		for k, x := range *r.numbers[i] {
			v[k] = types.Micros(x)
		}
		b.Cols[i] = batch.FixedOf(f.Type, v, nil)
	}
	return b
}

func (r *rows) number(col int, v int64) { *r.numbers[col] = append(*r.numbers[col], v) }

func (g *Generator) event(id int64) {
	r := seeded(g.seed, uint64(id))
	switch at := id % cycle; {
	case at < persons:
		g.person(id, &r)
	case at < persons+auctions:
		g.auction(id, &r)
	default:
		g.bid(id, &r)
	}
}

func (g *Generator) word(rows *rows, col int, r *random, most int64) int64 {
	g.text = r.words(g.text[:0], most, ' ')
	for len(g.text) > 0 && g.text[len(g.text)-1] == ' ' {
		g.text = g.text[:len(g.text)-1]
	}
	for len(g.text) > 0 && g.text[0] == ' ' {
		g.text = g.text[1:]
	}
	rows.texts[col].Bytes(g.text)
	return int64(len(g.text))
}

func (g *Generator) extra(rows *rows, col int, r *random, size, average int64) {
	g.text = r.filler(g.text[:0], size, average)
	rows.texts[col].Bytes(g.text)
}

func (g *Generator) person(id int64, r *random) {
	p := g.rows[person]
	p.n++
	p.number(0, lastPerson(id)+firstID)
	name := firsts[r.below(int64(len(firsts)))] + " " + lasts[r.below(int64(len(lasts)))]
	p.texts[1].String(name)
	g.text = append(r.words(g.text[:0], 7, ' '), '@')
	g.text = append(r.words(g.text, 5, ' '), ".com"...)
	p.texts[2].Bytes(g.text)
	size := int64(8 + len(name) + len(g.text) + 19)
	g.text = g.text[:0]
	for i := range 4 {
		if i > 0 {
			g.text = append(g.text, ' ')
		}
		v := r.below(10_000)
		g.text = append(g.text, byte('0'+v/1000), byte('0'+v/100%10), byte('0'+v/10%10), byte('0'+v%10))
	}
	p.texts[3].Bytes(g.text)
	city, state := cities[r.below(int64(len(cities)))], states[r.below(int64(len(states)))]
	p.texts[4].String(city)
	p.texts[5].String(state)
	p.number(6, int64(g.at(id)))
	g.extra(p, 7, r, size+int64(len(city)+len(state)), 200)
}

func (g *Generator) auction(id int64, r *random) {
	a := g.rows[auction]
	a.n++
	a.number(0, lastAuction(id)+firstID)
	seller := lastPerson(id) / hotEvery * hotEvery
	if r.below(4) == 0 {
		seller = somePerson(id, r)
	}
	a.number(7, seller+firstID)
	a.number(8, firstCategory+r.below(categories))
	initial, at := r.price(), g.at(id)
	horizon := int64(g.at(id+inFlight*cycle/auctions)-at) / int64(types.Millisecond)
	a.number(6, int64(at)+(1+r.below(max(2*horizon, 1)))*int64(types.Millisecond))
	size := 48 + g.word(a, 1, r, 20)
	size += g.word(a, 2, r, 100)
	a.number(3, initial)
	a.number(4, initial+r.price())
	a.number(5, int64(at))
	g.extra(a, 9, r, size, 500)
}

func (g *Generator) bid(id int64, r *random) {
	b := g.rows[bid]
	b.n++
	last := lastAuction(id)
	on := last / hotEvery * hotEvery
	if r.below(2) == 0 {
		least := max(last-inFlight, 0)
		on = least + r.below(last-least+1+lead)
	}
	by := lastPerson(id)/hotEvery*hotEvery + 1
	if r.below(4) == 0 {
		by = somePerson(id, r)
	}
	b.number(0, on+firstID)
	b.number(1, by+firstID)
	b.number(2, r.price())
	channel := channels + r.below(hotChannels)
	if r.below(2) == 0 {
		channel = r.below(channels)
	}
	b.texts[3].String(g.channels[channel])
	b.texts[4].String(g.urls[channel])
	b.number(5, int64(g.at(id)))
	g.extra(b, 6, r, 32, 100)
}

// lastPerson is the newest person when an event happens, counted from 0.
func lastPerson(event int64) int64 { return event / cycle }

// lastAuction is the newest auction when an event happens, counted from 0; -1 before the first.
func lastAuction(event int64) int64 {
	switch at := event % cycle; {
	case at < persons:
		return event/cycle*auctions - 1
	case at < persons+auctions:
		return event/cycle*auctions + at - persons
	}
	return event/cycle*auctions + auctions - 1
}

// somePerson is one of those that are active, or about to come.
func somePerson(event int64, r *random) int64 {
	people := lastPerson(event) + 1
	n := min(people, active)
	return people - n + r.below(n+lead)
}
