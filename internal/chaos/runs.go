package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patchbay-dev/patchbay/internal/torture"
)

// runs is the story of workflows whose every process is killed, again and again.
type runs struct {
	*lab

	path string // at which the workflow is called

	mu      sync.Mutex
	calls   []try
	effects []effect
	blows   []blow
	told    []told
}

// blow is something that was killed, from when until it was there again.
type blow struct{ From, Until time.Time }

// told is an answer to a step that waits for one.
type told struct {
	Key    string
	Status int
}

// Runs calls a workflow of five steps while everything is killed, tells what became
// of each promise, and returns whether all hold.
func Runs(ctx context.Context, o Options, tell func(torture.Result)) (bool, error) {
	if o.Events < 20 || len(o.Program) == 0 {
		return false, errors.New("chaos: give a program and at least 20 calls")
	}
	if o.KillEvery == 0 {
		o.KillEvery = time.Second
	}
	s := &runs{}
	l, err := newLab(ctx, o, watchRuns, func(ctx context.Context, l *lab) error {
		s.lab, l.effects = l, s.effect
		return s.deploy(ctx)
	})
	if err != nil {
		return false, err
	}
	defer l.close()
	began := time.Now()
	if err := s.run(ctx); err != nil {
		return false, errors.Join(err, l.lastWords())
	}
	r, err := s.gather(ctx)
	if err != nil {
		return false, err
	}
	return hold(runPromises, r, time.Since(began), tell), nil
}

// watchRuns has the database write down what must never be seen of runs.
const watchRuns = `CREATE FUNCTION chaos_see_run() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
		IF OLD.finished_at IS NOT NULL AND (NEW.status <> OLD.status OR NEW.finished_at IS DISTINCT FROM OLD.finished_at) THEN
			INSERT INTO chaos_seen VALUES ('moved: ' || OLD.id || ' from ' || OLD.status || ' to ' || NEW.status);
		END IF;
		IF OLD.lease_id <> '' AND NEW.lease_id NOT IN (OLD.lease_id, '') AND OLD.lease_until > clock_timestamp() + interval '2 seconds' THEN
			INSERT INTO chaos_seen VALUES ('lease: ' || NEW.id || ' taken away before its end');
		END IF;
		RETURN NULL;
	END $$;
	CREATE FUNCTION chaos_see_step() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
		IF OLD.status IN ('succeeded', 'failed', 'ended_early') AND (NEW.status <> OLD.status OR NEW.output IS DISTINCT FROM OLD.output) THEN
			INSERT INTO chaos_seen VALUES ('moved: ' || OLD.run_id || '/' || OLD.path || ' from ' || OLD.status || ' to ' || NEW.status);
		END IF;
		RETURN NULL;
	END $$;
	CREATE TRIGGER chaos_see AFTER UPDATE ON runs FOR EACH ROW EXECUTE FUNCTION chaos_see_run();
	CREATE TRIGGER chaos_see AFTER UPDATE ON run_steps FOR EACH ROW EXECUTE FUNCTION chaos_see_step();`

// deploy makes the workflow, and the one that it calls.
func (s *runs) deploy(ctx context.Context) error {
	type m = map[string]any
	effect := func(name, at string, more m) m {
		body := m{"key": "{{ trigger.body.key }}", "at": at}
		for k, v := range more {
			body[k] = v
		}
		return m{"name": name, "type": "http_request", "method": "POST", "url": s.home + "/effect", "body": body}
	}
	http := []any{m{"name": "in", "type": "http", "auth": "none", "environment": "production"}}
	never := m{"retry": m{"attempts": 0}}
	child, _, err := s.define(ctx, m{"name": "Called", "triggers": http, "settings": never, "steps": []any{effect("child", "child", nil)}})
	if err != nil {
		return err
	}
	_, s.path, err = s.define(ctx, m{"name": "Chaos", "triggers": http, "settings": never, "steps": []any{
		effect("first", "first", m{"resume": "{{ int(trigger.body.n) % 3 == 0 ? run.resume_url('ask') : nil }}"}),
		m{"name": "each", "type": "for_each", "items": "{{ [0, 1, 2] }}", "concurrency": 2, "steps": []any{effect("send", "item{{ item }}", nil)}},
		m{"name": "count", "type": "state", "op": "increment", "key": "runs"},
		m{
			"name": "choose", "type": "switch", "default": []any{m{"name": "rest", "type": "delay", "for": "1s"}},
			"cases": []any{
				m{"if": "{{ int(trigger.body.n) % 3 == 0 }}", "steps": []any{m{"name": "ask", "type": "suspend"}}},
				m{"if": "{{ int(trigger.body.n) % 3 == 1 }}", "steps": []any{m{"name": "call", "type": "call_workflow", "workflow": child, "input": m{"key": "{{ trigger.body.key }}"}}}},
			},
		},
		effect("last", "last", nil),
	}})
	return err
}

func (s *runs) define(ctx context.Context, definition map[string]any) (id, path string, err error) {
	var made struct {
		ID       string
		Endpoint struct{ URL string }
	}
	at := "/v1/projects/" + s.api.project + "/workflows"
	if err := s.api.call(ctx, http.MethodPost, at, definition, &made); err != nil {
		return "", "", err
	}
	if err := s.api.call(ctx, http.MethodPost, at+"/"+made.ID+"/deploy", map[string]any{}, nil); err != nil {
		return "", "", err
	}
	_, host, _ := strings.Cut(made.Endpoint.URL, "://")
	_, path, _ = strings.Cut(host, "/")
	return made.ID, "/" + path, nil
}

// run calls under blows, and then lets everything come to its end.
func (s *runs) run(ctx context.Context) error {
	s.say("%d calls of a workflow of five steps, two servers, two workers, one of them with a clock that is %s off", s.Events, skew)
	if err := s.read(ctx, func(c *pgx.Conn) error { return c.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&s.marks.Began) }); err != nil {
		return err
	}
	faults, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- s.torment(faults) }()
	err := s.call(ctx)
	stop()
	if err := errors.Join(err, <-done); err != nil {
		return err
	}
	s.say("all are taken; Redis forgets what is left while no worker lives")
	if err := errors.Join(s.nobody(ctx, s.flush), s.drain(ctx)); err != nil {
		return err
	}
	return nil
}

// call makes the calls, each again until it is taken.
func (s *runs) call(ctx context.Context) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make(chan error, atOnce)
	began := time.Now()
	for range atOnce {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= s.Events {
					return
				}
				if s.Rate > 0 {
					time.Sleep(time.Until(began.Add(time.Second * time.Duration(i) / time.Duration(s.Rate))))
				}
				if err := s.one(ctx, i); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return ctx.Err() //nolint:wrapcheck // the caller's own
	}
}

func (s *runs) one(ctx context.Context, i int) error {
	for n := 0; n < 300; n++ {
		key := fmt.Sprintf("%d.%d", i, n)
		status, _, _ := s.api.sendBare(ctx, "http://"+s.addresses.at(i+n)+s.path, fmt.Sprintf(`{"key":%q,"n":%d}`, key, i))
		taken := status >= 200 && status <= 299
		s.mu.Lock()
		s.calls = append(s.calls, try{Key: key, Trigger: fmt.Sprint(i % 3), Taken: taken, At: time.Now()})
		s.mu.Unlock()
		if taken || ctx.Err() != nil {
			return ctx.Err() //nolint:wrapcheck // the caller's own
		}
		time.Sleep(pause(n))
	}
	return fmt.Errorf("call %d is not taken", i)
}

// torment kills one thing after the other until ctx ends, and each at least once.
func (s *runs) torment(ctx context.Context) error {
	tick := time.NewTicker(s.KillEvery)
	defer tick.Stop()
	for n := 1; ; n++ {
		if <-tick.C; n > 7 && ctx.Err() != nil {
			return nil
		}
		if err := s.strike(ctx, n); err != nil {
			return err
		}
	}
}

// strike is the nth blow.
func (s *runs) strike(ctx context.Context, n int) error {
	b := blow{From: time.Now()}
	var err error
	switch n % 8 {
	case 1, 5:
		s.killed(&s.lab.told.Workers, s.workers[n/4%2].kill())
	case 2:
		err = s.restartRedis()
	case 3:
		err = s.restartPostgres()
	case 4, 0:
		err = s.nobody(ctx, s.flush)
	case 6:
		s.killed(&s.lab.told.Servers, s.servers[n/8%2].kill())
		s.killed(&s.lab.told.Workers, s.workers[(n/4+1)%2].kill())
	case 7:
		s.killed(&s.lab.told.Servers, s.servers[(n/8+1)%2].kill())
	}
	b.Until = time.Now()
	s.mu.Lock()
	s.blows = append(s.blows, b)
	s.mu.Unlock()
	return err
}

// nobody kills all workers, does something, lets the time of their leases pass, and
// has workers again: others would have to wait for that.
func (s *runs) nobody(ctx context.Context, do func() error) error {
	b := blow{From: time.Now()}
	for _, w := range s.workers {
		w.hold()
		s.lab.told.Workers++
	}
	err := do()
	if err == nil {
		err = s.sql(context.WithoutCancel(ctx), "UPDATE runs SET lease_until = clock_timestamp() WHERE finished_at IS NULL AND lease_id <> '' AND lease_until > clock_timestamp()")
	}
	for _, w := range s.workers {
		w.release()
	}
	b.Until = time.Now()
	s.mu.Lock()
	s.blows = append(s.blows, b)
	s.mu.Unlock()
	return err
}

// drain waits until every run has ended, or nothing moves.
func (s *runs) drain(ctx context.Context) error {
	least, since := -1, time.Now()
	for ctx.Err() == nil {
		var left int
		err := s.read(ctx, func(c *pgx.Conn) error {
			return c.QueryRow(ctx, "SELECT count(*) FROM runs WHERE finished_at IS NULL").Scan(&left)
		})
		if err != nil {
			return err
		}
		if least < 0 || left < least {
			least, since = left, time.Now()
		}
		if left == 0 || time.Since(since) > quietFor {
			return nil
		}
		time.Sleep(200 * time.Millisecond)
	}
	return ctx.Err() //nolint:wrapcheck // the caller's own
}

// answerFor is how long a receiver takes, so that senders die meanwhile.
func answerFor() time.Duration { return time.Duration(rand.IntN(300)) * time.Millisecond }
