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
func (p *Program) completed(cmd *cobra.Command, path string, as func(named) string) ([]cobra.Completion, cobra.ShellCompDirective) {
	ctx := cmd.Context()
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithTimeout(ctx, completionTimeout)
	defer cancel()
	to, _, err := p.place(cmd)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	server, err := to.server()
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
	return p.completed(cmd, "/connect/projects?limit=100", func(n named) string { return n.ID })
}

func (p *Program) completeApps(cmd *cobra.Command, _ []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	path := "/connect/apps?limit=100"
	if begun != "" {
		path += "&q=" + url.QueryEscape(begun)
	}
	return p.completed(cmd, path, func(n named) string { return n.Slug })
}

func (p *Program) completeProfiles(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	all, err := p.profiles()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return all.names(), cobra.ShellCompDirectiveNoFileComp
}
