package session

// trimStep is the share of the log's epochs that is forgotten at a time: the log drops whole files, so asking for a
// little more each time ends near the limit.
const trimStep = 16

// Trim forgets the oldest epochs until the log is below maxBytes, and keeps what views need to be restored. Rows that
// the log forgets are gone for queries over their stream and for views that are made later; views that have taken them
// in are as they were.
func (e *Engine) Trim(maxBytes int64) error {
	log := e.Committer.Log()
	limit := e.Live.Stored()
	for range trimStep {
		first, last := log.Bounds()
		if log.Size() <= maxBytes || last <= first {
			return nil
		}
		before := min(first+(last-first)/trimStep+1, limit)
		if before <= first {
			return nil
		}
		if err := log.Truncate(before); err != nil {
			return err
		}
	}
	return nil
}
