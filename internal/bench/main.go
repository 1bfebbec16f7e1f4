// Command bench measures Patchbay on this machine, as a client would see it:
//
//	go run ./internal/bench -seconds 5 -concurrency 64 -only token_requests,runs
//
// It builds the program, starts it beside a PostgreSQL (fsync on) and a Redis
// of its own, and speaks to it by HTTP alone; only fairness lays what is due
// elsewhere down in the database. One JSON document goes to standard output and
// the progress to standard error; nothing is left behind.
// No figure fails it: only an error, an event that got lost, or a signature
// that does not match.
//
// The load comes from the same machine, so what the generator and the receiver
// of webhooks use is missing to the server.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

type options struct {
	seconds     int
	concurrency int
	endpoints   int
	backlog     int
	only        string
	binary      string
	dir         string
}

// bench is one run of the phases against one Patchbay.
type bench struct {
	options

	stack  *stack
	api    *api
	sink   *sink
	things *things
	report *Report
}

// phases, in their order: what leaves the least behind comes first.
var phases = []struct {
	name string
	run  func(*bench, context.Context) error
}{
	{"token_requests", (*bench).tokenRequests},
	{"account_reads", (*bench).accountReads},
	{"apps_list", (*bench).appsList},
	{"proxied", (*bench).proxied},
	{"actions", (*bench).actions},
	{"coded", (*bench).coded},
	{"events_accepted", (*bench).eventsAccepted},
	{"events_bulk", (*bench).eventsBulk},
	{"events_paced", (*bench).eventsPaced},
	{"events_delivered", (*bench).eventsDelivered},
	{"events_half_load", (*bench).eventsHalfLoad},
	{"events_beside_snapshot", (*bench).eventsBesideSnapshot},
	{"runs", (*bench).runs},
	{"workflows", (*bench).workflows},
	{"polling", (*bench).polling},
	{"fairness", (*bench).fairness},
}

func main() {
	o, err := parse(os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err = measure(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	var o options
	names := make([]string, len(phases))
	for i, p := range phases {
		names[i] = p.name
	}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.IntVar(&o.seconds, "seconds", 5, "how long each phase generates load")
	f.IntVar(&o.concurrency, "concurrency", 64, "requests under way at once")
	f.IntVar(&o.endpoints, "endpoints", 1, "webhooks that the delivered events are spread over")
	f.IntVar(&o.backlog, "backlog", 1_000_000, "deliveries that wait for a dead receiver, in fairness")
	f.StringVar(&o.only, "only", "", "phases to run, separated by commas: "+strings.Join(names, ", "))
	f.StringVar(&o.binary, "binary", "", "a built patchbay to measure instead of this tree's")
	f.StringVar(&o.dir, "dir", "/var/tmp", "where the databases live for the time being; a disk, not memory")
	if err := f.Parse(args); err != nil {
		return o, err //nolint:wrapcheck // flag has said it already
	}
	if o.seconds < 1 || o.concurrency < 1 || o.endpoints < 1 || o.backlog < 1 || f.NArg() > 0 {
		return o, errors.New("-seconds, -concurrency, -endpoints and -backlog are 1 or more, and there are no other arguments")
	}
	for name := range strings.SplitSeq(o.only, ",") {
		if name != "" && !slices.Contains(names, name) {
			return o, fmt.Errorf("-only: there is no phase %q; there are %s", name, strings.Join(names, ", "))
		}
	}
	return o, nil
}

// measure does the whole run. When it returns, nothing that it started is there.
func measure(ctx context.Context, o options) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	b := &bench{options: o, report: &Report{Meta: meta(ctx, o)}}
	if b.stack, err = start(ctx, o, cancel); err != nil {
		return because(ctx, err)
	}
	defer b.stack.stop()
	if err := b.prepare(ctx); err != nil {
		return because(ctx, errors.Join(err, b.stack.lastWords()))
	}
	for _, p := range phases {
		if o.only != "" && !slices.Contains(strings.Split(o.only, ","), p.name) {
			continue
		}
		progress("%s", p.name)
		if err := p.run(b, ctx); err != nil || ctx.Err() != nil {
			return because(ctx, errors.Join(fmt.Errorf("%s: %w", p.name, err), b.stack.lastWords()))
		}
	}
	b.report.Server = Server{PeakRSSMiB: b.stack.peakRSS()}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	if err := out.Encode(b.report); err != nil {
		return fmt.Errorf("print report: %w", err)
	}
	return b.report.failure()
}

// because puts the reason for which the run was ended in the place of what
// followed from it.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, context.Canceled) {
		return errors.New("interrupted")
	} else if cause != nil {
		return cause
	}
	return err
}

func meta(ctx context.Context, o options) Meta {
	commit, _ := exec.CommandContext(ctx, "git", "rev-parse", "--short", "HEAD").Output() // outside a checkout there is none
	return Meta{
		GoVersion: runtime.Version(), Commit: strings.TrimSpace(string(commit)), Cores: runtime.NumCPU(),
		Seconds: o.seconds, Concurrency: o.concurrency, Endpoints: o.endpoints,
	}
}

func progress(format string, args ...any) { fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...) }

// now is the clock of all that is measured.
func now() time.Time { return time.Now() } //nolint:forbidigo // to measure time is what this program is for
