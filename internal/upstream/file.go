package upstream

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// fileOf is the app file of a server that has none yet: how it is signed in to, and
// the host to which accounts are taken. What else it is to say, its member writes.
func fileOf(app string, at *url.URL, in Registration, version string) string {
	hello := helloOf(version)
	name := cmp.Or(in.Name, app)
	out := []string{
		"schema: app/v1", "slug: " + app, "name: " + quoted(name),
		"description: " + quoted("The tools of the MCP server at "+at.Host+"."),
		"categories: [developer_tools]", "hosts:", "  production: {api: " + quoted(at.Scheme+"://"+at.Host) + "}", "auth:",
	}
	if in.Auth == "none" {
		out = append(out, "  - {id: open, type: none, title: Use it without signing in}", "inject: {}")
	} else {
		out = append(out, "  - id: bearer", "    type: key", "    title: Use an access token", "    inputs:", "      token:", "        kind: secret",
			"        ask: {title: Access token, help: 'It travels in the header Authorization, behind the word Bearer.', strip: ['Bearer ']}",
			"inject:", "  bearer: {in: header, name: Authorization, value: 'Bearer {{ input.token }}'}",
			"probe:", "  request:", "    post: "+quoted("{{ host.api }}"+at.RequestURI()), "    headers: "+asText(hello.headers), "    json: "+asText(hello.body), "  dead: {status: [401]}")
	}
	return strings.Join(append(out, fmt.Sprintf("sources: [{about: everything, url: %s}]", quoted(at.Scheme+"://"+at.Host+"/"))), "\n") + "\n"
}

// quoted is a text as YAML has it, of which JSON is a part.
func quoted(text string) string { return asText(text) }

func asText(v any) string {
	out, _ := json.Marshal(v) // of texts
	return string(out)
}

// hello is a request that any server answers which takes a credential.
type hello struct {
	headers map[string]string
	body    map[string]any
}

// helloOf is the first request of a version of the protocol: since 2026-07-28 a
// server says what it is when it is asked, and before that in a handshake.
func helloOf(version string) hello {
	out := hello{map[string]string{"Accept": "application/json, text/event-stream"}, map[string]any{"jsonrpc": "2.0", "id": 1}}
	about := map[string]any{"name": "patchbay", "version": "1"}
	if version < "2026-07-28" {
		out.body["method"], out.body["params"] = "initialize", map[string]any{"protocolVersion": version, "capabilities": map[string]any{}, "clientInfo": about}
		return out
	}
	out.headers["MCP-Protocol-Version"], out.headers["Mcp-Method"] = version, "server/discover"
	out.body["method"], out.body["params"] = "server/discover", map[string]any{"_meta": map[string]any{
		mcp.MetaKeyProtocolVersion: version, mcp.MetaKeyClientCapabilities: map[string]any{}, mcp.MetaKeyClientInfo: about,
	}}
	return out
}
