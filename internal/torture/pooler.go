package torture

import (
	"context"
	"errors"

	"github.com/patchbay-dev/patchbay/internal/local"
)

// pooled works through PgBouncer in transaction mode, if there is one here.
func pooled(ctx context.Context, l *lab) (string, error) {
	pooler, err := local.StartPooler(ctx, local.PoolerOptions{URL: l.databaseURL})
	if errors.Is(err, local.ErrNotInstalled) {
		return "", errSkip("pgbouncer is not installed")
	}
	if err != nil {
		return "", err //nolint:wrapcheck // says how to mend it
	}
	defer func() { _ = pooler.Stop() }()
	procs, err := l.workers(ctx, 2, func(s *setup) { s.DatabaseURL = pooler.URL() })
	if err != nil {
		return "", err
	}
	return "five rounds of 40 callers in 2 processes through pgbouncer", l.rounds(ctx, procs, 5, 20)
}
