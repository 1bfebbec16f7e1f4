package command

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// completionTimeout is how long who pressed a key waits for the server.
const completionTimeout = 3 * time.Second

// named is what lists of the API have in common.
type named struct {
	ID, Name string
	Slug     string `json:"name_slug"`
}

// completed asks the server for a list. Whatever goes wrong completes nothing.
func (p *Program) completed(ctx context.Context, path string, as func(named) string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithTimeout(ctx, completionTimeout)
	defer cancel()
	c, err := p.Load()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	server, err := newRemote(&c, "")
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var page struct{ Data []named }
	if err := server.Call(ctx, http.MethodGet, path, nil, nil, &page); err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	out := make([]cobra.Completion, 0, len(page.Data))
	for _, one := range page.Data {
		out = append(out, cobra.CompletionWithDesc(as(one), strings.Join(strings.Fields(one.Name), " ")))
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

func (p *Program) completeProjects(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return p.completed(cmd.Context(), "/connect/projects?limit=100", func(n named) string { return n.ID })
}

func (p *Program) completeApps(cmd *cobra.Command, _ []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	path := "/connect/apps?limit=100"
	if begun != "" {
		path += "&q=" + url.QueryEscape(begun)
	}
	return p.completed(cmd.Context(), path, func(n named) string { return n.Slug })
}
