package synth

import (
	"math/rand"
	"strconv"
	"sync"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// The size of the workload, and the event time it begins at (a whole second).
const (
	Users             = 1000
	Paths             = 100_000
	Base              = types.Micros(1_760_000_000_000_000)
	MaxLate           = types.Micros(1<<15 - 1)
	perSecond         = 1_000_000
	zipfS             = 1.1
	pathSeed          = 7
	FileOpsTS         = 0 // the columns of Schema
	FileOpsEventType  = 1
	FileOpsUserID     = 2
	FileOpsProcessID  = 3
	FileOpsFilePath   = 4
	FileOpsSizeBytes  = 5
	numFileOpsColumns = 6
)

// Schema is the six columns of FileOps.
var Schema = batch.Schema{
	{Name: "ts", Type: types.Timestamptz, NotNull: true},
	{Name: "event_type", Type: types.Text},
	{Name: "user_id", Type: types.Text},
	{Name: "process_id", Type: types.Int4},
	{Name: "file_path", Type: types.Text},
	{Name: "size_bytes", Type: types.Int8},
}

// Coding says which text columns are dictionary-coded.
type Coding uint8

// The codings of FileOps' batches.
const (
	Plain   Coding = iota // strings
	Keys                  // event_type and user_id coded
	AllText               // file_path too
)

var (
	fileTypes = []string{"create", "modify", "delete", "rename", "read", "open", "close", "chmod"}
	// typeWeights skews the types: four bits of the random word pick one.
	typeWeights = [16]uint8{0, 0, 1, 1, 1, 2, 3, 4, 4, 4, 4, 5, 5, 6, 6, 7}
)

// vocabulary is the strings of the workload, made once.
type vocabulary struct {
	types, users, paths             []string
	typeDict, userDict, pathDict    *batch.Dict
	typeBytes, userBytes, pathBytes int
}

var words = sync.OnceValue(func() *vocabulary {
	v := &vocabulary{types: fileTypes, users: make([]string, Users), paths: makePaths()}
	for i := range v.users {
		v.users[i] = "user" + padded(i, 5)
	}
	v.typeDict, v.typeBytes = dictOf(v.types)
	v.userDict, v.userBytes = dictOf(v.users)
	v.pathDict, v.pathBytes = dictOf(v.paths)
	return v
})

func padded(n, width int) string {
	s := strconv.Itoa(n)
	for len(s) < width {
		s = "0" + s
	}
	return s
}

// makePaths makes the paths: the first three of every ten under /data/, the rest elsewhere.
func makePaths() []string {
	r := rand.New(rand.NewSource(pathSeed))
	dirs := []string{"/home/", "/var/log/", "/usr/lib/", "/etc/", "/tmp/build/", "/opt/app/", "/srv/"}
	exts := []string{"log", "txt", "dat", "json", "csv", "tmp", "go", "parquet"}
	names := []string{"alpha", "reports", "cache", "session", "invoice", "metrics", "archive", "config", "staging", "project"}
	out := make([]string, Paths)
	for i := range out {
		top := "/data/"
		if i%10 >= 3 {
			top = dirs[r.Intn(len(dirs))]
		}
		out[i] = top + names[r.Intn(len(names))] + "/" + names[r.Intn(len(names))] + "/dir" +
			strconv.Itoa(r.Intn(1000)) + "/file" + padded(i, 8) + "." + exts[r.Intn(len(exts))]
	}
	return out
}

func dictOf(ss []string) (*batch.Dict, int) {
	d := &batch.Dict{ID: batch.NewDictID(), Offsets: make([]int32, 1, len(ss)+1)}
	for _, s := range ss {
		d.Data = append(d.Data, s...)
		d.Offsets = append(d.Offsets, int32(len(d.Data)))
	}
	size := len(d.Data)
	d.Data = append(d.Data, make([]byte, batch.Padding)...)[:size]
	return d, size
}

// Op is one row of FileOps; Type, User and Path are positions in the workload's lists of strings.
type Op struct {
	TS   types.Micros
	Type uint8
	User uint16
	Path uint32
	PID  int32
	Size int64
}

// FileOps generates the workload. One goroutine uses it.
type FileOps struct {
	r      *rand.Rand
	users  *rand.Zipf
	i      int64
	rate   int64
	base   types.Micros
	coding Coding
	voc    *vocabulary
}

// NewFileOps begins the workload of a seed at Base, with a million events per second of event time.
func NewFileOps(seed int64, coding Coding) *FileOps { return newFileOps(seed, coding, Base, perSecond) }

func newFileOps(seed int64, coding Coding, base types.Micros, rate int64) *FileOps {
	r := rand.New(rand.NewSource(seed))
	return &FileOps{r: r, users: rand.NewZipf(r, zipfS, 1, Users-1), rate: rate, base: base, coding: coding, voc: words()}
}

// Next makes the next row.
func (g *FileOps) Next(op *Op) {
	v := g.r.Uint64()
	op.TS = g.base + types.Micros(g.i/g.rate)*types.Second + types.Micros(g.i%g.rate*int64(types.Second)/g.rate)
	if v&31 == 0 { // one in 32 is late
		op.TS = max(op.TS-types.Micros(v>>5)&MaxLate, g.base)
	}
	op.Type = typeWeights[v>>20&15]
	op.User = uint16(g.users.Uint64())
	op.Path = uint32((v >> 24) % Paths)
	op.PID = int32(1000 + v>>44&4095)
	op.Size = int64(1 + v>>40&0xfffff)
	g.i++
}

// Batch makes the next n rows, at most batch.MaxRows, as a new batch of Schema.
func (g *FileOps) Batch(n int) *batch.Batch {
	ts, pid, size := batch.MakeValues[int64](n), batch.MakeValues[int32](n), batch.MakeValues[int64](n)
	kind, user, path := batch.MakeValues[uint32](n), batch.MakeValues[uint32](n), batch.MakeValues[uint32](n)
	var op Op
	for i := range n {
		g.Next(&op)
		ts[i], pid[i], size[i] = int64(op.TS), op.PID, op.Size
		kind[i], user[i], path[i] = uint32(op.Type), uint32(op.User), op.Path
	}
	v := g.voc
	cols := make([]batch.Column, numFileOpsColumns)
	cols[FileOpsTS] = batch.FixedOf(types.Timestamptz, ts, nil)
	cols[FileOpsEventType] = textOf(kind, v.typeDict, v.typeBytes/len(v.types), g.coding >= Keys)
	cols[FileOpsUserID] = textOf(user, v.userDict, v.userBytes/len(v.users), g.coding >= Keys)
	cols[FileOpsProcessID] = batch.FixedOf(types.Int4, pid, nil)
	cols[FileOpsFilePath] = textOf(path, v.pathDict, v.pathBytes/len(v.paths), g.coding >= AllText)
	cols[FileOpsSizeBytes] = batch.FixedOf(types.Int8, size, nil)
	b := &batch.Batch{N: n, Cols: cols}
	b.Check()
	return b
}

func textOf(codes []uint32, d *batch.Dict, mean int, coded bool) batch.Column {
	if coded {
		return batch.CodedOf(types.Text, codes, d, nil)
	}
	offs := batch.MakeValues[int32](len(codes) + 1)
	data := batch.MakeBytes(len(codes) * (mean + 8))[:0]
	for i, c := range codes {
		data = append(data, d.At(c)...)
		offs[i+1] = int32(len(data))
	}
	size := len(data)
	data = append(data, make([]byte, batch.Padding)...)[:size]
	return batch.BytesOf(types.Text, offs, data, nil)
}
