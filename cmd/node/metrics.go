package node

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/vexfs/vexstream/engine/types"
)

// figures gathers the node's figures when they are asked for; nothing is counted twice for them.
type figures struct{ n *Node }

var (
	descReady    = desc("ready", "1 when the node answers and keeps what it is given.")
	descEpoch    = desc("epoch", "Number of the newest durable epoch.")
	descLogBytes = desc("log_bytes", "Bytes of the log.")
	descClients  = desc("clients", "PostgreSQL clients that are connected.")
	descSource   = desc("source_total", "What a source counted.", "dir", "source", "place", "cause")
	descViewRows = desc("view_rows_in_total", "Rows that a materialized view has taken.", "view")
	descViewSize = desc("view_state_bytes", "Memory of a materialized view's state.", "view")
	descViewLag  = desc("view_lagging", "1 while a materialized view reads the log because it is behind.", "view")
	descViewSubs = desc("view_subscribers", "Subscribers of a materialized view.", "view")
	descMark     = desc("watermark_seconds", "Watermark of a stream, in seconds since 1970.", "stream")
	descLate     = desc("late_rows_total", "Rows that came too late for a window of a view.", "view")
	descAsked    = desc("trigger_metric_total", "What triggers count with metric().", "name")
	descMatches  = desc("trigger_matches_total", "Rows that a trigger's condition held for.", "relation", "trigger")
	descTrigErrs = desc("trigger_errors_total", "Rows that a trigger could not be evaluated for.", "relation", "trigger")
	descMisses   = desc("catalog_misses_total", "Statements that looked for a name of PostgreSQL's catalogs that is not there.", "name")
	descDead     = desc("dead_letters_total", "Rows that a view could not evaluate.", "view")
)

func desc(name, text string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("vexstream_"+name, text, labels, nil)
}

// metrics answers /metrics.
func (n *Node) metrics() http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(figures{n}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{})
}

// Describe gives no descriptions, which lets the label values come and go with views and sources.
func (f figures) Describe(chan<- *prometheus.Desc) {}

// Collect gives the figures of this moment.
func (f figures) Collect(out chan<- prometheus.Metric) {
	n := f.n
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	count := func(d *prometheus.Desc, v int64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	if n.Ready() != nil {
		gauge(descReady, 0) // the rest may not be there yet
		return
	}
	gauge(descReady, 1)
	gauge(descEpoch, float64(n.engine.Committer.Last().No))
	gauge(descLogBytes, float64(n.disk.log.Size()))
	gauge(descClients, float64(n.Connections()))
	for _, w := range n.watched {
		for _, st := range w.src.Stats() {
			count(descSource, st.Count, w.dir, st.Source, st.Where, st.Cause)
		}
		count(descSource, w.sink.lost.Load(), w.dir, w.src.Name(), "log", "lost")
	}
	snap := n.engine.Catalog()
	for _, st := range n.engine.Live.Status() {
		r := snap.ByID(st.ID)
		if r == nil {
			continue // dropped meanwhile
		}
		name := r.QualifiedName()
		count(descViewRows, st.RowsIn, name)
		gauge(descViewSize, float64(st.Bytes), name)
		gauge(descViewSubs, float64(st.Subs), name)
		gauge(descViewLag, map[bool]float64{true: 1}[st.Lagging], name)
	}
	for _, w := range n.engine.Times.Explain() {
		if r := snap.ByID(w.Relation); r != nil && w.At > types.MinTime && w.At < types.MaxTime {
			gauge(descMark, float64(w.At)/float64(types.Second), r.QualifiedName())
		}
	}
	n.errands.counted(func(name string, v float64) {
		out <- prometheus.MustNewConstMetric(descAsked, prometheus.CounterValue, v, name)
	})
	if all := n.engine.Triggers(); len(all) <= maxMetrics {
		for _, t := range all {
			count(descMatches, t.Counts.Matches.Load(), t.On.QualifiedName(), t.Name)
			count(descTrigErrs, t.Counts.Errors.Load(), t.On.QualifiedName(), t.Name)
		}
	}
	for name, times := range n.engine.Misses() {
		count(descMisses, times, name)
	}
	for _, a := range n.engine.Asides() {
		count(descLate, a.Late, a.View)
		count(descDead, a.Dead, a.View)
	}
}
