package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"
)

const mcpServers = "/mcp_servers"

// mcpCalls are what is done to remote MCP servers, whose tools are actions.
func (p *Program) mcpCalls() []call {
	withToken := func(cmd *cobra.Command) {
		cmd.Flags().Bool("with-token", false, "read the tools with a bearer token, which is typed or the first line of what comes in; it is not kept")
	}
	return []call{
		{use: "list", short: "List MCP servers", path: mcpServers, in: "data", table: "APP=app NAME=name VERSION=version URL=url OPEN=open DIGEST=digest FAILURE=failure LOOKED=looked_at"},
		{use: "get APP", short: "Show an MCP server, its tools, and what waits to be accepted", path: mcpServers + "/{}"},
		{
			use: "add APP --url URL", short: "Make the tools of an MCP server the actions of an app", method: http.MethodPut, path: mcpServers + "/{}",
			long: "The server is asked for its tools, and what it says of them now is what holds. Where there is no such app, --auth says how users\n" +
				"sign in to the server, and a file is made for it. A server that is there is registered anew.",
			example: "  patchbay mcp-servers add acme_tools --url https://tools.example.com/mcp --auth bearer --with-token < token.txt",
			flags: func(cmd *cobra.Command) {
				cmd.Flags().String("url", "", "the server's endpoint for streamable HTTP, a `URL`")
				choice(cmd, new(string), "auth", "", "how users sign in to the server, of an app that is made", "none", "bearer")
				cmd.Flags().String("name", "", "what the app that is made is called, a `NAME`")
				withToken(cmd)
				needs(cmd, "url")
			},
			body: func(cmd *cobra.Command, _ []string) (any, error) {
				in, err := p.tokened(cmd)
				if err != nil {
					return nil, err
				}
				in["url"] = given(cmd, "url")
				optional(cmd, in, map[string]string{"auth": "auth", "name": "name"})
				return in, nil
			},
		},
		{
			use: "refresh APP", short: "Ask an MCP server whether its tools are still those that were accepted", method: http.MethodPost, path: mcpServers + "/{}/look", flags: withToken,
			long: "What it says otherwise waits until it is accepted. With --json, all of the server is shown, with each tool before and after.",
			body: func(cmd *cobra.Command, _ []string) (any, error) { return p.tokened(cmd) },
			show: p.looked,
		},
		{
			use: "decline APP --digest DIGEST", short: "Decline what an MCP server says otherwise of its tools", method: http.MethodPost, path: mcpServers + "/{}/decline",
			long: "What was accepted goes on, and the same waits for nobody until the server says something else again.",
			flags: func(cmd *cobra.Command) {
				cmd.Flags().String("digest", "", "what was looked at, the `DIGEST` of get and refresh")
				needs(cmd, "digest")
			},
			body: func(cmd *cobra.Command, _ []string) (any, error) {
				return map[string]any{"digest": given(cmd, "digest")}, nil
			},
		},
		{
			use: "delete APP", short: "Take an MCP server and its actions away", method: http.MethodDelete, path: mcpServers + "/{}",
			ask: "The MCP server %s goes, with its actions.", done: "The MCP server %s is gone.",
		},
	}
}

// tokened is a body with the token with which tools are read, if one is to be used.
func (p *Program) tokened(cmd *cobra.Command) (map[string]any, error) {
	in := map[string]any{}
	if given(cmd, "with-token") != "true" {
		return in, nil
	}
	token, err := p.asking().secret("Token (is not shown)")
	if err != nil {
		return nil, err
	}
	if token == "" {
		return nil, wrong(cmd, "The token is needed: type it, or send it as the first line of what comes in.")
	}
	in["token"] = token
	return in, nil
}

// waits is what there is to accept at a server.
type waits struct {
	App     string
	Failure *string
	Digest  *string
	Changes []struct {
		Name          string
		Before, After *struct{ Description string }
	}
}

// looked shows what a look came to.
func (p *Program) looked(_ *cobra.Command, raw json.RawMessage) error {
	var w waits
	if err := json.Unmarshal(raw, &w); err != nil {
		return fmt.Errorf("decode answer: %w", err)
	}
	switch {
	case w.Failure != nil:
		return errors.New(*w.Failure)
	case w.Digest == nil:
		_, err := fmt.Fprintln(p.Out, "Its tools are as they were accepted.")
		return err //nolint:wrapcheck // standard output
	}
	if err := p.waiting(&w); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.Err, "All of it, arguments too: patchbay mcp-servers get %s --json. To accept it: patchbay mcp-servers accept %[1]s --digest %s\n", w.App, *w.Digest)
	return err //nolint:wrapcheck // standard error
}

// waiting shows in what a server differs from what was accepted.
func (p *Program) waiting(w *waits) error {
	rows := make([]any, len(w.Changes))
	for i, c := range w.Changes {
		row := map[string]any{"tool": c.Name, "change": "otherwise"}
		if c.Before == nil {
			row["change"] = "new"
		} else {
			row["before"] = c.Before.Description
		}
		if c.After == nil {
			row["change"] = "gone"
		} else {
			row["after"] = c.After.Description
		}
		rows[i] = row
	}
	return p.screen().table(columns("TOOL=tool CHANGE=change BEFORE=before AFTER=after"), rows)
}

// acceptTools takes over what waits: what the digest names, or what is shown first and
// said yes to.
func (p *Program) acceptTools() *cobra.Command {
	cmd := &cobra.Command{
		Use: "accept APP", Short: "Accept what an MCP server says otherwise of its tools", Args: words(1, 1),
		Long: "With --digest, what it names is accepted and nothing that came since. Without it, what waits is shown, and accepted when you say yes.",
	}
	cmd.Flags().String("digest", "", "what was looked at, the `DIGEST` of get and refresh")
	cmd.Flags().BoolP("yes", "y", false, "do not ask")
	cmd.Flags().Bool("json", false, "the answer of the API, as JSON")
	p.who(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		to, _, err := p.place(cmd)
		if err != nil {
			return err
		}
		s, err := to.server()
		if err != nil {
			return err
		}
		path, digest := filled(mcpServers+"/{}", "", args), given(cmd, "digest")
		if digest == "" {
			w, err := ask[waits](cmd.Context(), s, to, http.MethodGet, path, nil)
			if err != nil {
				return err
			}
			if w.Digest == nil {
				return fmt.Errorf("nothing waits to be accepted of %s", args[0])
			}
			if given(cmd, "json") != "true" {
				if err := p.waiting(&w); err != nil {
					return err
				}
			}
			if err := p.confirms(cmd, "The actions of these tools become as the server says."); err != nil {
				return err
			}
			digest = *w.Digest
		}
		raw, err := ask[json.RawMessage](cmd.Context(), s, to, http.MethodPost, path+"/accept", map[string]any{"digest": digest})
		if err != nil {
			return err
		}
		return p.answer(cmd, call{}, raw, args)
	}
	return cmd
}
