package node

import (
	"context"
	"fmt"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
)

// IDs of the system relations. They are in catalogs of clients: a number is never given to another relation.
const (
	idStreams uint32 = catalog.FirstSystemID + iota
	idViews
	idWatermarks
	idLateRows
	idDeadLetters
	idSources
	idSettings
	idStorage
	idSinks
	idProducers
	idAudit
	idDuplicates
	idDefinitions
	idTriggers
	idTriggerErrors
	idSecrets
	idTargets
	idDeliveries
	idUndelivered
	idAlerts
	idPropagation
)

// system is what the node knows of itself, as relations in schema vex.
type system struct{ n *Node }

// systemRelations are the relations and how their rows are made.
var systemRelations = []struct {
	rel  *catalog.Relation
	rows func(s *system, ctx context.Context, out *rows) error
}{
	{systemRelation(idStreams, "streams", "The streams: how many rows were ever written to each, and how many views read it.",
		text("name"), text("columns"), col("watermark_delay", types.Interval), big("rows"), big("views"), col("retention", types.Interval)), (*system).streams},
	{systemRelation(idViews, "views", "The materialized views and how they stand.",
		text("name"), text("definition"), big("since_epoch"), big("visible_epoch"), yes("lagging"), big("rows_in"), big("state_bytes"), big("memory_limit"),
		big("subscribers"), big("late_rows"), big("dead_letters"), text("error"), big("lapsed"), col("filled", types.Float8), big("cold_bytes")), (*system).views},
	{systemRelation(idWatermarks, "watermarks", "Where the event time of each stream stands, and which input holds each view back.",
		text("query"), text("stream"), at("watermark"), yes("holds"), at("since"), big("lane"), at("moved"), yes("idle")), (*system).watermarks},
	{systemRelation(idLateRows, "late_rows", "Samples of rows that came too late for windows of a view; at most 100 a view.",
		text("view"), at("window_start"), at("window_end"), big("windows"), at("watermark"), doc("row")), (*system).lateRows},
	{systemRelation(idDeadLetters, "dead_letters", "Samples of rows that a view could not evaluate, and of records that a stream or table did not get because they are none: at most 100 of a view, and the newest 1,000 of a stream or table.",
		text("view"), text("operator"), text("code"), text("message"), doc("row")), (*system).deadLetters},
	{systemRelation(idSources, "sources", "What each source of events counted.",
		text("dir"), text("source"), text("place"), text("cause"), big("count"), yes("exact"), text("error")), (*system).sources},
	{systemRelation(idSinks, "sinks", "The sinks: what each has sent out, and what waits because it cannot be sent. epoch is the newest that is out.",
		text("name"), text("relation"), text("connector"), text("type"), text("path"), big("epoch"), big("files"), big("rows"), big("bytes"),
		big("waiting_bytes"), text("error")), (*system).sinks},
	{systemRelation(idSettings, "settings", "What the node was started with.",
		text("name"), text("setting")), (*system).settings},
	{systemRelation(idStorage, "storage", "What is stored: a row for each relation, and one without a name for the data folder.",
		text("relation"), text("kind"), big("log_bytes"), big("log_rows"), at("oldest_row"), big("state_bytes"), big("checkpoint_epoch"), at("checkpoint_time"),
		big("store_bytes"), big("free_bytes"), big("merged_bytes"), big("merged_from_bytes")), (*system).storage},
	{systemRelation(idProducers, "producers", "The producers that number their statements, and the newest number of each.",
		text("stream"), text("producer"), big("sequence"), at("committed")), (*system).producers},
	{systemRelation(idAudit, "audit", "The newest 4,096 logins, definitions, changes of rights, and what was refused for want of rights.",
		big("number"), at("at"), text("event"), text("role"), text("login"), text("client"), text("code"), text("message"), text("statement")), (*system).audit},
	{systemRelation(idDuplicates, "duplicates", "The streams with a dedup_key: how many rows were dropped because they came again, how many keys are remembered, and since when.",
		text("stream"), text("dedup_key"), col("dedup_window", types.Interval), big("dropped"), big("keys"), at("oldest")), (*system).duplicates},
	{systemRelation(idDefinitions, "definitions", "The statements that make this catalog again in an empty node, in order; vexstream dump writes them.",
		big("number"), text("section"), text("kind"), text("name"), text("statement")), (*system).definitions},
	{systemRelation(idTriggers, "triggers", "The triggers in the order in which they act on each relation, and what each has done since the node started. error says why one does not run.",
		text("relation"), text("name"), text("timing"), big("priority"), yes("enabled"), text("condition"), text("actions"), text("owner"),
		big("rows"), big("matches"), big("actions_done"), big("errors"), col("ns_a_row", types.Float8), text("error")), (*system).triggers},
	{systemRelation(idPropagation, "propagation", "What triggers have sent from one relation to another since the node started: rows, of which context_kept have the event_id and context_hash of the rows that they are copies of, and the time from when triggers were given the rows, a row.",
		text("source"), text("destination"), big("events"), big("bytes"), big("duplicates_dropped"), big("context_kept"),
		col("avg_ns", types.Float8), big("p50_ns"), big("p99_ns")), (*system).propagation},
	{systemRelation(idTriggerErrors, "trigger_errors", "Samples of rows that a trigger's condition or action could not be evaluated for; the newest 100 a trigger.",
		text("relation"), text("name"), at("at"), text("action"), text("code"), text("message"), doc("row")), (*system).triggerErrors},
	{systemRelation(idDeliveries, "deliveries", "What triggers send to targets: what waits for each target, and what became of the rest since the node started.",
		text("action"), text("target"), big("waiting"), big("under_way"), big("done"), big("undelivered"), at("oldest"), big("failures"), text("error")), (*system).deliveries},
	{systemRelation(idUndelivered, "undelivered", "What was asked to be sent and is given up; the newest 10,000.",
		at("at"), text("id"), text("action"), text("target"), text("payload"), text("error")), (*system).undelivered},
	{systemRelation(idAlerts, "alerts", "The alerts of triggers: those that fire, and the newest 10,000 of those that are over.",
		text("relation"), text("trigger"), doc("labels"), text("severity"), text("message"), text("state"), at("since"), at("ended")), (*system).alerts},
	{systemRelation(idSecrets, "secrets", "The secrets, without what they are. One that is not set waits for ALTER SECRET name AS 'text'.",
		text("name"), text("owner"), yes("set"), big("targets")), (*system).secrets},
	{systemRelation(idTargets, "targets", "What the node can send to. An option that is a secret shows its name.",
		text("name"), text("type"), text("owner"), doc("options")), (*system).targets},
}

func text(name string) catalog.Column { return col(name, types.Text) }
func big(name string) catalog.Column  { return col(name, types.Int8) }
func yes(name string) catalog.Column  { return col(name, types.Bool) }
func at(name string) catalog.Column   { return col(name, types.Timestamptz) }
func doc(name string) catalog.Column  { return col(name, types.JSONB) }
func col(name string, t types.Type) catalog.Column {
	return catalog.Column{Name: name, Type: t}
}

func systemRelation(id uint32, name, comment string, cols ...catalog.Column) *catalog.Relation {
	return &catalog.Relation{
		ID: id, Schema: "vex", Name: name, Kind: catalog.System, Owner: "vexstream", Columns: cols, EventTime: -1,
		Comment: comment, AppendOnly: true,
	}
}

// Relations lists the system relations.
func (s *system) Relations() []*catalog.Relation {
	out := make([]*catalog.Relation, len(systemRelations))
	for i := range systemRelations {
		out[i] = systemRelations[i].rel
	}
	return out
}

// Rows pushes the rows of one.
func (s *system) Rows(ctx context.Context, id uint32, to stream.Sink) error {
	for i := range systemRelations {
		r := &systemRelations[i]
		if r.rel.ID != id {
			continue
		}
		out := newRows(r.rel, to)
		if err := r.rows(s, ctx, out); err != nil {
			return fmt.Errorf("read %s: %w", r.rel.QualifiedName(), err)
		}
		return out.flush(ctx)
	}
	return sqlerr.New(sqlerr.UndefinedTable, "there is no system relation %d", id)
}
