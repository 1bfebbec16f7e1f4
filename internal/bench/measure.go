package bench

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// eventSize is the length of the JSON that is sent as an event, in bytes.
const eventSize = 1024

// pace is how many events a second events_paced sends.
const pace = 100

func (b *bench) length() time.Duration { return time.Duration(b.Seconds) * time.Second }

// rate warms up for a tenth of the time and then measures.
func (b *bench) rate(ctx context.Context, do job) *Rate {
	warm := closed(ctx, b.Concurrency, b.length()/10, do)
	used := b.stack.used()
	l := closed(ctx, b.Concurrency, b.length(), do)
	b.settle(ctx)
	n := len(l.times)
	return &Rate{
		Requests: n, Errors: warm.fails + l.fails, PerSecond: perSecond(n, l.took),
		P50: percentile(l.times, 50), P99: percentile(l.times, 99), CPU: b.stack.each(used, n),
	}
}

// rest is how long the server does nothing before it is at rest.
const rest = 10 * time.Second

func (b *bench) atRest(ctx context.Context) error {
	select {
	case <-ctx.Done():
	case <-time.After(rest):
		b.report.Server.RestingRSSMiB = b.stack.rss()
	}
	return nil
}

func (b *bench) tokenRequests(ctx context.Context) error {
	b.report.TokenRequests = b.rate(ctx, func(ctx context.Context, _ int64) error {
		_, _, err := b.api.send(ctx, http.MethodPost, b.api.base+"/v1/oauth/token", "", b.things.tokenRequest)
		return err
	})
	return nil
}

func (b *bench) accountReads(ctx context.Context) error {
	address := b.api.base + b.ofProject("/accounts/"+b.things.account)
	b.report.AccountReads = b.rate(ctx, func(ctx context.Context, _ int64) error {
		_, _, err := b.api.send(ctx, http.MethodGet, address, b.api.bearer, nil)
		return err
	})
	return nil
}

// appsList asks for a page of the catalogue, with a slip in what is searched
// every other time.
func (b *bench) appsList(ctx context.Context) error {
	do := func(ctx context.Context, n int64) error {
		query := "?limit=50"
		if n%2 == 0 {
			query = "?q=gogle"
		}
		_, _, err := b.api.send(ctx, http.MethodGet, b.api.base+"/v1/connect/apps"+query, b.api.bearer, nil)
		return err
	}
	full, alone := b.rate(ctx, do), closed(ctx, 1, b.length()/4, do)
	b.report.AppsList = &Pair{Alone: alone.rate(), Full: *full}
	return nil
}

// eventsAccepted sends events that nobody hears of. An answer of 2xx says that
// the event is on disk.
func (b *bench) eventsAccepted(ctx context.Context) error {
	t, err := b.deploy(ctx, "")
	if err != nil {
		return err
	}
	b.report.EventsAccepted = b.rate(ctx, func(ctx context.Context, n int64) error {
		_, _, err := b.api.send(ctx, http.MethodPost, t.url, "", event(n, now()))
		return err
	})
	return nil
}

// bulk is how many events a request of events_bulk holds.
const bulk = 100

// eventsBulk sends lists whose items become events of their own.
func (b *bench) eventsBulk(ctx context.Context) error {
	t, err := b.deploy(ctx, "")
	if err != nil {
		return err
	}
	path := b.ofProject("/deployed-triggers/" + t.id + "/intake?external_user_id=" + user)
	if err := b.api.call(ctx, http.MethodPut, path, map[string]any{"split": map[string]any{"path": ""}}, nil); err != nil {
		return fmt.Errorf("have requests split: %w", err)
	}
	r := b.rate(ctx, func(ctx context.Context, n int64) error {
		list := append(make([]byte, 0, bulk*(eventSize+1)+2), '[')
		for i := range int64(bulk) {
			list = append(append(list, event(n*bulk+i, now())...), ',')
		}
		list[len(list)-1] = ']'
		_, _, err := b.api.send(ctx, http.MethodPost, t.url, "", list)
		return err
	})
	b.report.EventsBulk = &Bulk{Rate: *r, Events: round(bulk * r.PerSecond)}
	return nil
}

// event is the JSON of event n, sent at a moment that its receiver reads back.
func event(n int64, at time.Time) []byte {
	head := fmt.Appendf(make([]byte, 0, eventSize), `{"n":%d,"at":%d,"pad":"`, n, at.UnixMicro())
	return append(append(head, strings.Repeat("x", eventSize-len(head)-2)...), `"}`...)
}

func (b *bench) eventsDelivered(ctx context.Context) (err error) {
	b.report.EventsDelivered, err = b.delivered(ctx, func(do job) load { return closed(ctx, b.Concurrency, b.length(), do) })
	return err
}

// eventsBesideSnapshot is eventsDelivered while somebody reads the database as it
// was when it began, as a backup or an ANALYZE does: no row that was delivered
// since can be forgotten, and claims must not pass over them all again and again.
func (b *bench) eventsBesideSnapshot(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, b.stack.pg.URL())
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM pg_database"); err != nil {
		return fmt.Errorf("take a snapshot: %w", err)
	}
	b.report.EventsBesideSnapshot, err = b.delivered(ctx, func(do job) load { return closed(ctx, b.Concurrency, b.length(), do) })
	return err
}

func (b *bench) eventsPaced(ctx context.Context) (err error) {
	b.report.EventsPaced, err = b.delivered(ctx, func(do job) load { return paced(ctx, pace, b.length(), do) })
	return err
}

// eventsHalfLoad sends half as many events a second as were delivered before in
// this run, or as many as events_paced where none were.
func (b *bench) eventsHalfLoad(ctx context.Context) (err error) {
	half := pace
	if d := b.report.EventsDelivered; d != nil {
		half = max(int(d.PerSecond/2), 1)
	}
	b.report.EventsHalfLoad, err = b.delivered(ctx, func(do job) load { return paced(ctx, half, b.length(), do) })
	return err
}

// delivered sends events and waits until all have come out at the other end.
func (b *bench) delivered(ctx context.Context, generate func(job) load) (*Delivered, error) {
	box := b.sink.open()
	triggers := make([]*trigger, b.Endpoints)
	for i := range triggers {
		t, err := b.deploy(ctx, box.url)
		if err != nil {
			return nil, err
		}
		triggers[i], box.keys[t.id] = t, t.key // nothing arrives yet, so no lock
	}
	before, err := b.stack.wal(ctx)
	if err != nil {
		return nil, err
	}
	used := b.stack.used()
	l := generate(func(ctx context.Context, n int64) error {
		_, _, err := b.api.send(ctx, http.MethodPost, triggers[n%int64(len(triggers))].url, "", event(n, now()))
		return err
	})
	box.drain(ctx, len(l.times))
	b.settle(ctx)
	cpu := b.stack.each(used, len(l.times))
	after, err := b.stack.wal(ctx)
	if err != nil {
		return nil, err
	}

	box.mu.Lock()
	defer box.mu.Unlock()
	return &Delivered{
		Accepted: len(l.times), Errors: l.fails, Delivered: len(box.seen), Lost: max(0, len(l.times)-len(box.seen)),
		Duplicates: box.duplicates, BadSignatures: box.bad,
		AcceptedPerSecond: perSecond(len(l.times), l.took), PerSecond: perSecond(len(box.seen), box.last.Sub(l.began)),
		P50: percentile(box.lags, 50), P99: percentile(box.lags, 99), CPU: cpu, WAL: round(float64(after-before) / float64(max(len(box.seen), 1))),
	}, nil
}

// runs calls a workflow and waits until every run has ended.
func (b *bench) runs(ctx context.Context) error {
	workflowID, address, err := b.workflow(ctx, b.sink.open().url)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	calls := map[string]time.Time{} // by run
	used := b.stack.used()
	l := closed(ctx, b.Concurrency, b.length(), func(ctx context.Context, n int64) error {
		at := now()
		_, header, err := b.api.send(ctx, http.MethodPost, address, "", event(n, at))
		if err == nil {
			mu.Lock()
			calls[header.Get("X-Patchbay-Run-Id")] = at
			mu.Unlock()
		}
		return err
	})
	if err := b.finish(ctx, workflowID); err != nil {
		return err
	}
	b.settle(ctx)
	cpu := b.stack.each(used, len(calls))
	out, err := b.outcome(ctx, workflowID, l, calls)
	if err != nil {
		return err
	}
	out.CPU = cpu
	b.report.Runs = out
	return nil
}

// runPage is a page of the list of runs.
type runPage struct {
	Data []struct {
		ID         string
		Status     string
		FinishedAt *time.Time `json:"finished_at"`
	}
	PageInfo struct {
		Total int     `json:"total_count"`
		End   *string `json:"end_cursor"`
	} `json:"page_info"`
}

func (b *bench) runPage(ctx context.Context, workflowID, status, after string, limit int) (*runPage, error) {
	q := url.Values{"workflow_id": {workflowID}, "limit": {strconv.Itoa(limit)}}
	if status != "" {
		q.Set("status", status)
	}
	if after != "" {
		q.Set("after", after)
	}
	var p runPage
	err := b.api.call(ctx, http.MethodGet, "/v1/projects/"+b.things.project+"/runs?"+q.Encode(), nil, &p)
	return &p, err
}

// finish waits until no run is left to do, or none ends any more.
func (b *bench) finish(ctx context.Context, workflowID string) error {
	least, since := -1, now()
	for ctx.Err() == nil {
		left := 0
		for _, status := range []string{"queued", "running"} { // in this order: a run that moves on is seen once at least
			p, err := b.runPage(ctx, workflowID, status, "", 1)
			if err != nil {
				return err
			}
			left += p.PageInfo.Total
		}
		if least < 0 || left < least {
			least, since = left, now()
		}
		if left == 0 || time.Since(since) > stall {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil
}

// outcome reads every run and compares it with its call.
func (b *bench) outcome(ctx context.Context, workflowID string, l load, calls map[string]time.Time) (*Runs, error) {
	out := &Runs{Started: len(calls), Errors: l.fails, StartedPerSecond: perSecond(len(calls), l.took)}
	var times []time.Duration
	last := l.began
	for after, more := "", true; more; {
		p, err := b.runPage(ctx, workflowID, "", after, 1000)
		if err != nil {
			return nil, err
		}
		for _, r := range p.Data {
			called, ours := calls[r.ID]
			if !ours || r.FinishedAt == nil {
				continue // its caller heard of an error, or it is lost
			}
			if r.FinishedAt.After(last) {
				last = *r.FinishedAt
			}
			times = append(times, r.FinishedAt.Sub(called))
			if r.Status == "succeeded" {
				out.Succeeded++
			} else {
				out.Failed++
			}
		}
		if more = p.PageInfo.End != nil; more {
			after = *p.PageInfo.End
		}
	}
	out.Lost = out.Started - len(times)
	out.PerSecond = perSecond(len(times), last.Sub(l.began))
	out.P50, out.P99 = percentile(times, 50), percentile(times, 99)
	return out, nil
}
