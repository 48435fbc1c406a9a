// Package action is what triggers do to rows before they are sealed: they block them, change them, and send copies of
// them to other relations, in the same statement and so in the same epoch.
//
//	rows ──► BEFORE, by priority ──► what is left is stored ──► AFTER ──► copies for other relations
//
// A List is the triggers of one relation, bound to its columns. It runs over batches: each trigger's condition picks its
// rows of the whole batch, and each of its steps works on all of them at once. Nothing here is run again by a replay: what
// comes out is in the log.
//
// # Rows that fail
//
// A condition or an argument that cannot be evaluated for a row counts as an error of the trigger, with a sample of the
// row; the condition does not hold for it, or the step leaves it alone. The row itself is stored as if the trigger, or the
// step, were not there.
package action
