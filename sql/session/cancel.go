package session

import (
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/catalog"
)

// cancelOther is pg_cancel_backend, or with whole pg_terminate_backend: whose connection it is, members of that role may
// cancel what it runs, or end it, and those of pg_signal_backend, who however may not touch superusers.
func (s *Session) cancelOther(pid int32, whole bool) (bool, error) {
	if s.Cancel == nil {
		return false, nil
	}
	super, others := "must be a superuser to cancel superuser query", "must be a member of the role whose query is being canceled or member of pg_signal_backend"
	if whole {
		super, others = "must be a superuser to terminate superuser process", "must be a member of the role whose process is being terminated or member of pg_signal_backend"
	}
	snap := s.catalog()
	own := s.rights(snap)
	return s.Cancel(pid, whole, func(login string) error {
		switch {
		case own.Super():
			return nil
		case snap.Rights(login).Super():
			return sqlerr.New(sqlerr.InsufficientPrivilege, "%s", super)
		case own.Has(login) || own.Has(catalog.SignalBackend):
			return nil
		}
		return sqlerr.New(sqlerr.InsufficientPrivilege, "%s", others)
	})
}
