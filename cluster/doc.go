// Package cluster is where nodes will find each other and share the log. Nothing is there yet: in this version a node
// is alone. It does not look for others, sends nothing to them, and its data folder is the only copy of its data.
//
// What the rest of the house already does so that a second node changes no format: an epoch is named by its origin and
// its number, an append to the log carries a fence, and dictionary codes never leave the process.
package cluster
