package app_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// An MCP server is added, read again, accepted and taken away from a terminal.
func TestMCPServersCommand(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	s, remote := g.home.login(t), newToolServer(t)
	remote.token = "s3cret"
	add := []string{"mcp-servers", "add", "notes", "--url", remote.URL, "--auth", "bearer"}
	s.types(1, "does not let us in", add...)
	s.types(2, "The token is needed", append(add, "--with-token")...)
	s.types(2, "it is none or bearer", "mcp-servers", "add", "notes", "--url", remote.URL, "--auth", "basic")
	s.types(2, "--url is needed", "mcp-servers", "add", "notes")
	s.types(1, "mcp_server_url", "mcp-servers", "add", "notes", "--url", "ftp://x", "--auth", "none")
	s.in = "s3cret\n"
	if made := s.json(append(add, "--name", "Notes", "--with-token")...); made["app"] != "notes" || made["digest"] != nil || strings.Contains(s.types(0, "add_Note", "mcp-servers", "get", "notes"), "s3cret") {
		t.Error(made)
	}
	s.types(0, remote.URL, "mcp-servers", "list")
	s.types(0, "as they were accepted", "mcp-servers", "refresh", "notes", "--with-token")
	s.types(1, "nothing waits", "mcp-servers", "accept", "notes", "--yes")

	remote.set(func() {
		remote.tools = []*mcp.Tool{remote.tools[0], {Name: "wipe", Description: "Deletes all.\x1b[2J", InputSchema: json.RawMessage(`{"type":"object"}`)}, {Name: "fresh", InputSchema: json.RawMessage(`{"type":"object"}`)}}
	})
	said := s.types(0, "To accept it", "mcp-servers", "refresh", "notes", "--with-token")
	for _, want := range []string{"fresh       new", "list.notes  gone", "wipe        otherwise", "Deletes all notes.", "Deletes all.·[2J"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
	digest, _ := s.json("mcp-servers", "get", "notes")["digest"].(string)
	s.types(1, "mcp_server_changed", "mcp-servers", "accept", "notes", "--digest", strings.Repeat("0", 64))
	s.in = ""
	s.types(1, "does not let us in", "mcp-servers", "refresh", "notes")
	s.types(2, "give --yes", "mcp-servers", "accept", "notes") // what waits is there still
	s.types(2, "--digest is needed", "mcp-servers", "decline", "notes")
	s.types(0, "declined", "mcp-servers", "decline", "notes", "--digest", digest)
	if now := s.json("mcp-servers", "accept", "notes", "--digest", digest); now["digest"] != nil {
		t.Error(now)
	}
	s.types(1, "mcp_server_changed", "mcp-servers", "accept", "notes", "--digest", digest)

	g.stranger().login(t).types(1, "mcp_server_not_found", "mcp-servers", "get", "notes")
	s.types(2, "give --yes", "mcp-servers", "delete", "notes")
	s.types(0, "is gone", "mcp-servers", "delete", "notes", "--yes")
	s.types(1, "mcp_server_not_found", "mcp-servers", "delete", "notes", "--yes")
	s.types(0, "There are none.", "mcp-servers", "list")
}
