// Package catalog is what the node knows by name: streams, views, and the relations that describe the system.
//
// A Snapshot is immutable, and its version is the number of the epoch that published it. A statement binds to one
// snapshot and keeps it to its end; a view keeps the one it was made under. Changes make a new Snapshot and leave the
// old one alone, so no reader takes a lock.
//
// A relation's definition is kept as the text its author typed. Parsed and bound forms are made from it and never
// stored, so that they may change from release to release.
package catalog
