// Package action is what triggers do to rows before they are sealed: they block them, change them, and send copies of
// them to other relations, in the same statement and so in the same epoch.
//
//	rows ──► BEFORE, by priority ──► what is left is stored ──► AFTER ──► copies for other relations
//
// A List is the triggers of one relation, bound to its columns. It runs over batches: the conditions of all triggers are looked
// up in an index (engine/rule), or evaluated one by one where they are few, and each step of a trigger works on all of its rows at
// once. Rows that a trigger has changed are looked up again for those behind it. Nothing here is run again by a replay: what
// comes out is in the log.
//
// # Rows that fail
//
// A condition or an argument that cannot be evaluated for a row counts as an error of the trigger, with a sample of the
// row; the condition does not hold for it, or the step leaves it alone. The row itself is stored as if the trigger, or the
// step, were not there.
package action
