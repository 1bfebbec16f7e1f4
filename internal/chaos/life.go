package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patchbay-dev/patchbay/internal/torture"
)

// life is an installation that is used: events are sent to it, a workflow is
// called, and users are about to connect.
type life struct {
	*lab

	runs *runs

	mu     sync.Mutex
	tokens map[string]bool // users for whom a connect token was given
}

func newLife(ctx context.Context, o Options) (*life, error) {
	f := &life{runs: &runs{}, tokens: map[string]bool{}}
	_, err := newLab(ctx, o, watchDeliveries+watchRuns, func(ctx context.Context, l *lab) error {
		f.lab, f.runs.lab, l.effects = l, l, f.runs.effect
		return errors.Join(deployAll(ctx, l), f.runs.deploy(ctx))
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// loading is work that goes on until its context ends, or until something fails.
type loading struct {
	wg   sync.WaitGroup
	errs chan error
}

func (o *loading) failed() bool { return len(o.errs) > 0 }

// wait returns when all has ended, with the first that failed.
func (o *loading) wait() error {
	o.wg.Wait()
	select {
	case err := <-o.errs:
		return err
	default:
		return nil
	}
}

// during does fn again and again until loaded ends.
func (o *loading) during(loaded context.Context, fn func() error) {
	o.wg.Go(func() {
		for loaded.Err() == nil {
			if err := fn(); err != nil {
				select {
				case o.errs <- err:
				default:
				}
				return
			}
		}
	})
}

// load uses the installation until loaded ends; what has begun by then comes to its end within ctx.
func (l *life) load(loaded, ctx context.Context) *loading {
	o := &loading{errs: make(chan error, 1)}
	o.during(loaded, func() error { return l.emit(ctx, 50, l.mixed) })
	o.during(loaded, func() error {
		defer time.Sleep(200 * time.Millisecond)
		return l.runs.one(ctx, int(l.sent.Add(1)))
	})
	o.during(loaded, func() error { return l.connect(ctx) })
	return o
}

// anotherServer starts a server, and tells the load of it when it is ready.
func (l *lab) anotherServer(ctx context.Context, name string) error {
	address := free(ctx)
	l.servers = append(l.servers, l.start(name, []string{"PATCHBAY_LISTEN=" + address}, "serve"))
	if err := l.ready(ctx, address); err != nil {
		return err
	}
	l.addresses.set(append(l.addresses.list(), address))
	return nil
}

// ready returns when a process answers that it is.
func (l *lab) ready(ctx context.Context, address string) error {
	return eventually(ctx, "the process at "+address, 3*time.Minute, func() error {
		status, _, err := l.api.send(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
		if err != nil || status != http.StatusOK {
			return fmt.Errorf("not ready: %d, %w", status, err)
		}
		return nil
	})
}

// taken counts what was answered 2xx.
func (l *life) taken() (p phase) {
	l.lab.mu.Lock()
	for _, t := range l.tries {
		if t.Taken {
			p.events++
		}
	}
	l.lab.mu.Unlock()
	l.runs.mu.Lock()
	for _, c := range l.runs.calls {
		if c.Taken {
			p.runs++
		}
	}
	l.runs.mu.Unlock()
	l.mu.Lock()
	p.tokens = len(l.tokens)
	l.mu.Unlock()
	return p
}

// connect asks for a connect token of a new user, as a customer's server does.
func (l *life) connect(ctx context.Context) error {
	user := fmt.Sprintf("life-%d", l.sent.Add(1))
	if err := l.api.call(ctx, http.MethodPost, "/v1/connect/"+l.api.project+"/tokens", map[string]any{"external_user_id": user}, nil); err != nil {
		return err
	}
	l.mu.Lock()
	l.tokens[user] = true
	l.mu.Unlock()
	time.Sleep(50 * time.Millisecond)
	return nil
}

func (l *life) given() (string, error) {
	var f failures
	there := map[string]bool{}
	err := l.read(context.Background(), func(c *pgx.Conn) error {
		users, err := rows[struct{ ID string }](context.Background(), c, "SELECT u.external_id FROM connect_tokens t JOIN external_users u ON u.id = t.user_id AND u.environment_id = t.environment_id")
		for _, x := range users {
			there[x.ID] = true
		}
		return err
	})
	if err != nil {
		return "", err
	}
	for user := range l.tokens {
		if !there[user] {
			f.add("the token of %s is gone", user)
		}
	}
	return fmt.Sprintf("%d tokens", len(l.tokens)), f.err()
}

// lived is what was written down of a life.
type lived struct {
	events *record
	runs   *runRecord
}

func (l *life) gather(ctx context.Context) (lived, error) {
	asRuns, err := l.runs.gather(ctx)
	if err != nil {
		return lived{}, err
	}
	r, err := l.lab.gather(ctx)
	return lived{r, asRuns}, err
}

// hold holds what is promised of every life, whoever is killed in it or not.
func (r lived) hold(took time.Duration, told func(torture.Result)) bool {
	good := hold(these(promises, "D1", "D2", "D3", "D4", "D5", "D6", "D11", "D14", "D15", "D16"), r.events, took, told)
	return hold(these(runPromises, "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8"), r.runs, took, told) && good
}

// these are the promises that do not ask for somebody to be killed.
func these[R any](all []promise[R], ids ...string) (some []promise[R]) {
	for _, p := range all {
		if slices.Contains(ids, p.id) {
			some = append(some, p)
		}
	}
	return some
}
