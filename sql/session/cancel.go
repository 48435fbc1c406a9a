package session

import (
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/catalog"
)

// cancelOther is pg_cancel_backend: whose connection it is, members of that role may cancel what it runs, and those of
// pg_signal_backend, who however may not touch superusers.
func (s *Session) cancelOther(pid int32) (bool, error) {
	if s.Cancel == nil {
		return false, nil
	}
	snap := s.catalog()
	own := s.rights(snap)
	return s.Cancel(pid, func(login string) error {
		switch {
		case own.Super():
			return nil
		case snap.Rights(login).Super():
			return sqlerr.New(sqlerr.InsufficientPrivilege, "must be a superuser to cancel superuser query")
		case own.Has(login) || own.Has(catalog.SignalBackend):
			return nil
		}
		return sqlerr.New(sqlerr.InsufficientPrivilege, "must be a member of the role whose query is being canceled or member of pg_signal_backend")
	})
}
