package bench

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// Report is what one run prints. A phase that was not run is left out.
type Report struct {
	Meta                 Meta       `json:"meta"`
	TokenRequests        *Rate      `json:"token_requests,omitempty"`
	AccountReads         *Rate      `json:"account_reads,omitempty"`
	AppsList             *Pair      `json:"apps_list,omitempty"`
	Proxied              *Proxied   `json:"proxied,omitempty"`
	Actions              *Actions   `json:"actions,omitempty"`
	Coded                *Coded     `json:"coded,omitempty"`
	EventsAccepted       *Rate      `json:"events_accepted,omitempty"`
	EventsBulk           *Bulk      `json:"events_bulk,omitempty"`
	EventsPaced          *Delivered `json:"events_paced,omitempty"`
	EventsDelivered      *Delivered `json:"events_delivered,omitempty"`
	EventsHalfLoad       *Delivered `json:"events_half_load,omitempty"`
	EventsBesideSnapshot *Delivered `json:"events_beside_snapshot,omitempty"`
	Runs                 *Runs      `json:"runs,omitempty"`
	Workflows            *Workflows `json:"workflows,omitempty"`
	Polling              *Polling   `json:"polling,omitempty"`
	Fairness             *Fairness  `json:"fairness,omitempty"`
	Growth               *Growth    `json:"growth,omitempty"`
	Server               Server     `json:"server"`
}

// Meta says what was measured where.
type Meta struct {
	GoVersion   string `json:"go_version"`
	Commit      string `json:"commit"`
	Cores       int    `json:"cores"`
	Seconds     int    `json:"seconds"`
	Concurrency int    `json:"concurrency"`
	Endpoints   int    `json:"endpoints"`
}

// Rate is how fast requests are answered. Each worker sends its next request
// when the last one was answered. Times are until the answer was read.
type Rate struct {
	Requests  int     `json:"requests"`
	Errors    int     `json:"errors"`
	PerSecond float64 `json:"per_second"`
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
	CPU       *CPU    `json:"cpu_ms_each,omitempty"`
}

// Delivered is how fast events reach the receiver of a webhook. PerSecond counts
// from the first request to the last arrival; P50 and P99 are from the moment
// when an event is sent to us to the moment when it arrives.
type Delivered struct {
	Accepted          int     `json:"accepted"`
	Errors            int     `json:"errors"` // requests that were not accepted
	Delivered         int     `json:"delivered"`
	Lost              int     `json:"lost"`
	Duplicates        int     `json:"duplicates"`
	BadSignatures     int     `json:"bad_signatures"`
	AcceptedPerSecond float64 `json:"accepted_per_second"`
	PerSecond         float64 `json:"per_second"`
	P50               float64 `json:"p50_ms"`
	P99               float64 `json:"p99_ms"`
	CPU               *CPU    `json:"cpu_ms_each,omitempty"`
	WAL               float64 `json:"wal_bytes_each"` // of PostgreSQL, from acceptance to the recorded attempt
}

// Bulk is how fast requests are answered that hold many events each.
type Bulk struct {
	Rate

	Events float64 `json:"events_per_second"`
}

// Runs is how fast workflows run. PerSecond counts from the first call to the
// end of the last run; P50 and P99 are from a call to the end of its run.
type Runs struct {
	Started          int     `json:"started"`
	Errors           int     `json:"errors"` // calls that were not accepted
	Succeeded        int     `json:"succeeded"`
	Failed           int     `json:"failed"`
	Lost             int     `json:"lost"` // never finished
	StartedPerSecond float64 `json:"started_per_second"`
	PerSecond        float64 `json:"per_second"`
	P50              float64 `json:"p50_ms"`
	P99              float64 `json:"p99_ms"`
	CPU              *CPU    `json:"cpu_ms_each,omitempty"`
}

// CPU is what one request, event or run cost, in milliseconds of one core,
// until everything was quiet again.
type CPU struct {
	Server   float64 `json:"server"`
	Postgres float64 `json:"postgres"`
	Redis    float64 `json:"redis"`
}

// Server is what the program used over the whole run.
type Server struct {
	RestingRSSMiB float64 `json:"resting_rss_mib"` // ten seconds after it was ready, with nothing to do; 0 = it was not looked at
	PeakRSSMiB    float64 `json:"peak_rss_mib"`
}

// failure returns what went wrong; to be slow is not wrong.
func (r *Report) failure() error {
	var all []error
	wrong := func(phase, what string, n int) {
		if n > 0 {
			all = append(all, fmt.Errorf("%s: %d %s", phase, n, what))
		}
	}
	for name, p := range map[string]*Rate{"token_requests": r.TokenRequests, "account_reads": r.AccountReads, "events_accepted": r.EventsAccepted} {
		if p != nil {
			wrong(name, "requests failed", p.Errors)
		}
	}
	for name, p := range map[string]*Delivered{"events_paced": r.EventsPaced, "events_delivered": r.EventsDelivered, "events_half_load": r.EventsHalfLoad, "events_beside_snapshot": r.EventsBesideSnapshot} {
		if p != nil {
			wrong(name, "events were not accepted", p.Errors)
			wrong(name, "events were lost", p.Lost)
			wrong(name, "signatures did not match", p.BadSignatures)
		}
	}
	if p := r.EventsBulk; p != nil {
		wrong("events_bulk", "requests failed", p.Errors)
	}
	if p := r.AppsList; p != nil {
		wrong("apps_list", "requests failed", p.Alone.Errors+p.Full.Errors)
	}
	if p := r.Proxied; p != nil {
		for way, of := range map[string]Pair{"direct": p.Direct, "nginx": p.Nginx, "ours": p.Ours} {
			wrong("proxied", "requests failed: "+way, of.Alone.Errors+of.Full.Errors)
		}
		wrong("proxied", "streams broke off", p.Stream.Errors)
	}
	if p := r.Actions; p != nil {
		wrong("actions", "runs failed", p.Answered.Alone.Errors+p.Answered.Full.Errors)
	}
	if p := r.Coded; p != nil {
		wrong("coded", "runs failed", p.Cold.Errors+p.Warm.Errors+p.Full.Errors)
	}
	if p := r.Polling; p != nil {
		wrong("polling", "triggers did not look", p.Missed)
	}
	if p := r.Fairness; p != nil {
		for beside, l := range map[string]Lag{"nobody": p.Idle, "a tarpit": p.Tarpit, "a dead receiver": p.Dead} {
			wrong("fairness", "events were not accepted beside "+beside, l.Errors)
			wrong("fairness", "events were lost beside "+beside, l.Lost)
		}
	}
	if p := r.Growth; p != nil {
		for _, c := range p.Curves {
			for _, at := range c.Points {
				wrong("growth", fmt.Sprintf("requests failed: %s, of %d accounts and %d events", c.Name, at.Accounts, at.Events), at.Rate.Errors)
			}
		}
	}
	if p := r.Workflows; p != nil {
		wrong("workflows", "calls were not accepted", p.Start.Errors)
	}
	if p := r.Runs; p != nil {
		wrong("runs", "calls were not accepted", p.Errors)
		wrong("runs", "runs failed", p.Failed)
		wrong("runs", "runs did not finish", p.Lost)
	}
	return errors.Join(all...)
}

// percentile returns the smallest of the times that p percent of them do not
// exceed, in milliseconds, or 0 when there are none. It sorts the times.
func percentile(times []time.Duration, p float64) float64 {
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	rank := int(math.Ceil(p / 100 * float64(len(times))))
	return round(float64(times[max(rank, 1)-1]) / float64(time.Millisecond))
}

func perSecond(n int, took time.Duration) float64 {
	if took <= 0 {
		return 0
	}
	return round(float64(n) / took.Seconds())
}

// round keeps two decimals, or three digits of what is smaller than one.
func round(v float64) float64 {
	if v < 1 {
		return math.Round(v*1000) / 1000
	}
	return math.Round(v*100) / 100
}
