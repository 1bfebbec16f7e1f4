package app

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/plan"
)

// PlansCommand does what follows `patchbay plans`: list, set NAME, attach WORKSPACE
// NAME, remove NAME.
func PlansCommand(ctx context.Context, c *Config, args []string, out io.Writer) error {
	if len(args) == 0 {
		return ErrUsage
	}
	database, err := c.database()
	if err != nil {
		return err
	}
	defer func() { _ = database.Close() }()
	s := &plan.Service{DB: database, Now: time.Now}
	switch {
	case args[0] == "list" && len(args) == 1:
		return listPlans(ctx, s, out)
	case args[0] == "set" && len(args) > 1:
		p, err := planOf(args[1], args[2:])
		if err != nil {
			return err
		}
		return s.Put(ctx, p)
	case args[0] == "attach" && len(args) == 3:
		return s.Attach(ctx, args[1], strings.TrimPrefix(args[2], "-"))
	case args[0] == "remove" && len(args) == 2:
		return s.Remove(ctx, args[1])
	}
	return ErrUsage
}

// planOf reads a plan from what follows its name.
func planOf(name string, args []string) (*plan.Plan, error) {
	p := &plan.Plan{Name: name, Title: name, Terms: plan.Terms{Limits: map[string]limit.Rate{}, Quotas: map[string]plan.Quota{}}}
	f := flag.NewFlagSet("set", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&p.Title, "title", name, "")
	var wrong error
	f.Func("limit", "", func(text string) error {
		of, rate, _ := strings.Cut(text, "=")
		r, err := limit.ParseRate(rate)
		if err != nil {
			wrong = fmt.Errorf("--limit %s: %w", text, err)
		}
		p.Terms.Limits[of] = r
		return err
	})
	f.Func("quota", "", func(text string) error {
		kind, most, _ := strings.Cut(text, "=")
		most, refuses := strings.CutSuffix(most, ":refuse")
		n, err := strconv.ParseInt(most, 10, 64)
		if err != nil {
			wrong = fmt.Errorf("--quota %s: %w", text, plan.ErrMost)
		}
		p.Terms.Quotas[kind] = plan.Quota{Most: n, Refuse: refuses}
		return err
	})
	if f.Parse(args) != nil || f.NArg() > 0 {
		if wrong != nil {
			return nil, wrong
		}
		return nil, ErrUsage
	}
	return p, nil
}

func listPlans(ctx context.Context, s *plan.Service, out io.Writer) error {
	all, err := s.Plans(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "NAME\tTITLE\tWORKSPACES\tTERMS")
	for _, p := range all {
		var terms []string
		for _, name := range slices.Sorted(maps.Keys(p.Terms.Limits)) {
			terms = append(terms, name+"="+p.Terms.Limits[name].String())
		}
		for _, kind := range slices.Sorted(maps.Keys(p.Terms.Quotas)) {
			q := p.Terms.Quotas[kind]
			text := fmt.Sprintf("%s=%d", kind, q.Most)
			if q.Refuse {
				text += ":refuse"
			}
			terms = append(terms, text)
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%d\t%s\n", p.Name, p.Title, p.Workspaces, strings.Join(terms, " "))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print plans: %w", err)
	}
	return nil
}
