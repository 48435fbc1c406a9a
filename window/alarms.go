package window

import (
	"container/heap"

	"github.com/vexfs/vexstream/engine/types"
)

// alarm is a time at which a partition is to be looked at.
type alarm struct {
	at        types.Micros
	partition uint32
}

// alarms is a timer wheel: what is far away lies in slots of equal width, unsorted, and only the slots that time has come to
// are a heap.
//
//	time      near           slot 7        slot 9
//	──────────┼──────────────┼─────────────┼───────
//	 limit ^   heap           list          list
type alarms struct {
	width types.Micros
	slots map[int64][]alarm
	order slotOrder // the numbers of slots, the least first
	near  nearAlarms
	upTo  int64 // slots up to this one are in near
	n     int
}

// slotsPerGap is how many slots a gap between rows is.
const slotsPerGap = 16

func newAlarms(gap types.Micros) *alarms {
	return &alarms{width: max(gap/slotsPerGap, 1), slots: map[int64][]alarm{}, upTo: int64(types.MinTime)}
}

// bytes is the memory held.
func (a *alarms) bytes() int64 { return int64(16 * a.n) }

func (a *alarms) slotOf(t types.Micros) int64 {
	n := int64(t / a.width)
	if t < 0 && t%a.width != 0 {
		n--
	}
	return n
}

func (a *alarms) add(x alarm) {
	a.n++
	slot := a.slotOf(x.at)
	if slot <= a.upTo {
		a.near.push(x)
		return
	}
	have, ok := a.slots[slot]
	if !ok {
		heap.Push(&a.order, slot)
	}
	a.slots[slot] = append(have, x)
}

// next takes out an alarm that is due at limit, the earliest first.
func (a *alarms) next(limit types.Micros) (alarm, bool) {
	for len(a.order) > 0 && a.order[0] <= a.slotOf(limit) {
		a.upTo = heap.Pop(&a.order).(int64)
		for _, x := range a.slots[a.upTo] {
			a.near.push(x)
		}
		delete(a.slots, a.upTo)
	}
	if len(a.near) == 0 || a.near[0].at > limit {
		return alarm{}, false
	}
	a.n--
	return a.near.pop(), true
}

// first gives the time of the earliest alarm; MaxTime: there is none.
func (a *alarms) first() types.Micros {
	at := types.MaxTime
	if len(a.near) > 0 {
		at = a.near[0].at
	}
	if len(a.order) > 0 {
		for _, x := range a.slots[a.order[0]] {
			at = min(at, x.at)
		}
	}
	return at
}

// nearAlarms is a binary heap, the earliest at the top. It is one of its own because package heap would box each alarm.
type nearAlarms []alarm

func (h nearAlarms) before(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].partition < h[j].partition
}

func (h *nearAlarms) push(x alarm) {
	s := append(*h, x)
	for i := len(s) - 1; i > 0 && s.before(i, (i-1)/2); i = (i - 1) / 2 {
		s[i], s[(i-1)/2] = s[(i-1)/2], s[i]
	}
	*h = s
}

func (h *nearAlarms) pop() alarm {
	s := *h
	top, last := s[0], len(s)-1
	s[0] = s[last]
	s = s[:last]
	for i := 0; ; {
		least := i
		for _, c := range [2]int{2*i + 1, 2*i + 2} {
			if c < last && s.before(c, least) {
				least = c
			}
		}
		if least == i {
			break
		}
		s[i], s[least] = s[least], s[i]
		i = least
	}
	*h = s
	return top
}

// slotOrder is a heap of slots' numbers.
type slotOrder []int64

func (s slotOrder) Len() int           { return len(s) }
func (s slotOrder) Less(i, j int) bool { return s[i] < s[j] }
func (s slotOrder) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }

// Push and Pop are for package heap.
func (s *slotOrder) Push(x any) { *s = append(*s, x.(int64)) }

// Pop removes the last one.
func (s *slotOrder) Pop() any {
	last := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return last
}
