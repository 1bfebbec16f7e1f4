package command

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/plan"
)

func (p *Program) plans() *cobra.Command {
	one := func(cmd *cobra.Command, do func(ctx context.Context, s *plan.Service, args []string) error) *cobra.Command {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			c, err := p.Load()
			if err != nil {
				return err
			}
			s, done, err := app.Plans(&c)
			if err != nil {
				return err
			}
			defer done()
			return do(cmd.Context(), s, args)
		}
		return cmd
	}
	list := &cobra.Command{Use: "list", Short: "Plans, with how many workspaces have them", Args: words(0, 0)}
	asJSON := machine(list)
	return group("plans", "What workspaces may use: limits, and quotas of a month",
		one(list, func(ctx context.Context, s *plan.Service, _ []string) error { return listPlans(ctx, s, p.Out, *asJSON) }),
		p.plansSet(one),
		one(&cobra.Command{
			Use: "attach WORKSPACE NAME|-", Short: "Give a workspace a plan; - takes it away", Args: words(2, 2),
		}, func(ctx context.Context, s *plan.Service, args []string) error {
			return s.Attach(ctx, args[0], strings.TrimPrefix(args[1], "-"))
		}),
		one(&cobra.Command{Use: "remove NAME", Short: "Delete a plan that no workspace has", Args: words(1, 1)}, func(ctx context.Context, s *plan.Service, args []string) error {
			return s.Remove(ctx, args[0])
		}),
	)
}

func (p *Program) plansSet(one func(*cobra.Command, func(context.Context, *plan.Service, []string) error) *cobra.Command) *cobra.Command {
	terms := plan.Terms{Limits: map[string]limit.Rate{}, Quotas: map[string]plan.Quota{}}
	cmd := &cobra.Command{
		Use: "set NAME", Short: "Make a plan, or set it anew", Args: words(1, 1),
		Example: "  patchbay plans set small --title Small --limit proxy=500/5m --quota action_run=10000:refuse",
	}
	title := cmd.Flags().String("title", "", "what people read, a `TEXT`; without it its name")
	cmd.Flags().Var(pairs(func(of, rate string) (err error) {
		terms.Limits[of], err = limit.ParseRate(rate)
		return err //nolint:wrapcheck // a sentence about the flag
	}), "limit", "a limit, `NAME=RATE` such as proxy=500/5m; several times")
	cmd.Flags().Var(pairs(func(kind, most string) error {
		most, refuses := strings.CutSuffix(most, ":refuse")
		n, err := strconv.ParseInt(most, 10, 64)
		if err != nil {
			return plan.ErrMost
		}
		terms.Quotas[kind] = plan.Quota{Most: n, Refuse: refuses}
		return nil
	}), "quota", "a quota of a month, `KIND=MOST` or KIND=MOST:refuse; several times")
	return one(cmd, func(ctx context.Context, s *plan.Service, args []string) error {
		if *title == "" {
			*title = args[0]
		}
		return s.Put(ctx, &plan.Plan{Name: args[0], Title: *title, Terms: terms})
	})
}

func listPlans(ctx context.Context, s *plan.Service, out io.Writer, asJSON bool) error {
	all, err := s.Plans(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		type row struct {
			Name       string     `json:"name"`
			Title      string     `json:"title"`
			Workspaces int        `json:"workspaces"`
			Terms      plan.Terms `json:"terms"`
		}
		rows := make([]row, len(all))
		for i, p := range all {
			rows[i] = row{p.Name, p.Title, p.Workspaces, p.Terms}
		}
		return app.WriteJSON(out, map[string]any{"data": rows})
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
