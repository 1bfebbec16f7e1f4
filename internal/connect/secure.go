package connect

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"gorm.io/gorm"
)

// patience is the longest pause before a grant is written again: half a minute
// in all, which a database that is started anew needs at most.
const patience = 8 * time.Second

// secure writes a grant down before anything is done with it. A provider gives it
// once, and what comes next may take long: if this process dies over it, the
// sweep ends the flow and has the grant revoked, so that nothing stays behind at
// the provider that nobody knows of. The user's token is still good.
func (s *Service) secure(ctx context.Context, t *try) error {
	sealed, err := s.sealHeld(t)
	if err != nil {
		return err
	}
	write := func() error {
		return s.DB.In(ctx, t.b.Scope, func(tx *gorm.DB) error {
			return t.f.move(tx, exchanging, map[string]any{"held": sealed})
		})
	}
	err = write()
	for pause := patience / 64; err != nil && !errors.Is(err, ErrSession) && pause <= patience; pause *= 2 {
		slog.ErrorContext(ctx, "a grant cannot be written and is in memory only", "flow", t.f.ID, "error", err)
		time.Sleep(pause)
		err = write()
	}
	return err
}
