package op

// Divide says whether rows may be folded in lanes, each an Aggregate of the same AggregateSpec.
func (a *Aggregate) Divide() bool {
	return a.spec.AppendOnly && !a.env.Bounded && !a.spec.Weighted && a.expiring == nil && a.idling == nil && a.shape.Divisible()
}

// lane is what an Aggregate is besides, while it folds rows for another one.
type lane struct {
	apart *Apart
	words Translation
}

func (a *Aggregate) toLane() {
	a.lane = &lane{apart: NewApart(a.shape)}
	a.groups = a.lane.apart.Groups
}

// Begin has lanes write to groups of their own.
func (a *Aggregate) Begin(lanes []Divided) {
	a.debt.Lanes = lanes
	for _, d := range lanes {
		if l := d.(*Aggregate); l.lane == nil {
			l.toLane()
		}
	}
}

// Owe says that the lanes have folded so many rows.
func (a *Aggregate) Owe(rows int) error { return a.debt.Owe(rows) }

// Owes says whether the lanes have rows.
func (a *Aggregate) Owes() bool { return a.debt.Owes() }

// Pays says whether lanes were worth it.
func (a *Aggregate) Pays() bool { return a.debt.Pays() }

// Collect adds the groups of the lanes.
func (a *Aggregate) Collect() error { return a.debt.Settle(a.absorb) }

// collected is Collect for who cannot fail.
func (a *Aggregate) collected() {
	if err := a.Collect(); err != nil {
		a.debt.Later(err)
	}
}

func (a *Aggregate) absorb() (groups int, err error) {
	var parts []*Apart
	var by []*Translation
	for _, d := range a.debt.Lanes {
		l := d.(*Aggregate)
		parts, by = append(parts, l.lane.apart), append(by, &l.lane.words)
		if no := l.groups.Pages.Epoch(); no > a.groups.Pages.Epoch() {
			a.groups.SetEpoch(no)
		}
	}
	groups = a.groups.Absorb(parts, by)
	return groups, a.meter.Set(a.Bytes())
}

// Forget makes a lane's state new.
func (a *Aggregate) Forget() error {
	shape, err := NewShape(a.spec.Input, a.spec.Keys, a.spec.Calls, a.spec.AppendOnly, SpellingOf(a.spec.AppendOnly, a.env.Bounded))
	if err != nil {
		return err
	}
	a.shape = shape
	a.toLane()
	return a.meter.Set(a.Bytes())
}
