package mcp

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/patchbay-dev/patchbay/api/caller"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

// TestMain is also the server that the protocol's conformance suite plays against for
// what needs tools of the suite's own (web/e2e/conformance.test.mjs starts it): the face
// as it is but for who calls, who is always let in, and for those tools beside ours. It
// says its address and serves until its input ends.
func TestMain(m *testing.M) {
	if os.Getenv("PATCHBAY_CONFORMANCE") == "" {
		m.Run()
		return
	}
	s := &Server{Metrics: telemetry.NewMetrics(), Version: "conformance"}
	at := httptest.NewServer(s.handler(func(*http.Request, string, string, string) (*visit, error) {
		return &visit{Server: s, principal: &caller.Principal{}, user: "ada"}, nil
	}, func(v *visit, schemas *mcp.SchemaCache) *mcp.Server {
		out := v.server(schemas)
		addSuite(out)
		return out
	}))
	fmt.Println(at.URL + "/mcp")
	_, _ = io.Copy(io.Discard, os.Stdin)
	at.Close()
}

// suiteTool is one that the suite calls by its name.
type suiteTool func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error)

func addSuite(out *mcp.Server) {
	schemas := map[string]string{
		"json_schema_2020_12_tool": `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
			"$defs": {"address": {"$anchor": "addressDef", "type": "object", "properties": {"street": {"type": "string"}, "city": {"type": "string"}}}},
			"properties": {"name": {"type": "string"}, "address": {"$ref": "#/$defs/address"}, "contactMethod": {"type": "string", "enum": ["phone", "email"]}, "phone": {"type": "string"}, "email": {"type": "string"}},
			"allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
			"if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]}, "then": {"required": ["phone"]}, "else": {"required": ["email"]},
			"additionalProperties": false}`,
		"test_headers": `{"type": "object", "properties": {"region": {"type": "string", "x-mcp-header": "Region"}}}`,
	}
	add := func(name string, do suiteTool) {
		out.AddTool(&mcp.Tool{Name: name, Description: "For the conformance suite.", InputSchema: json.RawMessage(cmp.Or(schemas[name], `{"type": "object"}`))}, mcp.ToolHandler(do))
	}
	for name := range schemas {
		add(name, says())
	}
	text := &mcp.TextContent{Text: "A text."}
	resource := &mcp.EmbeddedResource{Resource: &mcp.ResourceContents{URI: "test://resource", MIMEType: "text/plain", Text: "A resource."}}
	var pixel bytes.Buffer
	_ = png.Encode(&pixel, image.NewGray(image.Rect(0, 0, 1, 1)))
	picture := &mcp.ImageContent{Data: pixel.Bytes(), MIMEType: "image/png"}
	sound := []byte("RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00data\x00\x00\x00\x00")
	add("test_simple_text", says(text))
	add("test_image_content", says(picture))
	add("test_audio_content", says(&mcp.AudioContent{Data: sound, MIMEType: "audio/wav"}))
	add("test_embedded_resource", says(resource))
	add("test_multiple_content_types", says(text, picture, resource))
	add("test_error_handling", func(ctx context.Context, _ *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return refusal(ctx, errUser), nil
	})
	add("test_tool_with_progress", func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		for _, done := range []float64{0, 50, 100} {
			if err := req.Session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{ProgressToken: req.Params.GetProgressToken(), Progress: done, Total: 100}); err != nil {
				return nil, err
			}
		}
		return says(text)(ctx, req)
	})
	add("test_logging_tool", func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		if err := req.Session.Log(ctx, &mcp.LoggingMessageParams{Level: "info", Data: "said"}); err != nil { //nolint:staticcheck // the suite asks for it, deprecated or not
			return nil, err
		}
		return says(text)(ctx, req)
	})
	add("test_missing_capability", func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		if can := req.ClientCapabilities(); can == nil || can.Sampling == nil { //nolint:staticcheck // the suite asks for it, deprecated or not
			return nil, &jsonrpc.Error{Code: mcp.CodeMissingRequiredClientCapabilities, Message: "sampling is needed", Data: json.RawMessage(`{"requiredCapabilities": {"sampling": {}}}`)}
		}
		return says(text)(ctx, req)
	})
	addAsking(add)
}

// addAsking adds the tools that ask the client for something before they answer.
func addAsking(add func(string, suiteTool)) {
	form := func(field, of string) *mcp.ElicitParams {
		return &mcp.ElicitParams{Message: "What is it?", RequestedSchema: map[string]any{"type": "object", "properties": map[string]any{field: map[string]any{"type": of}}, "required": []string{field}}}
	}
	sample := &mcp.CreateMessageParams{MaxTokens: 100, Messages: []*mcp.SamplingMessage{{Role: "user", Content: &mcp.TextContent{Text: "What is the capital of France?"}}}} //nolint:staticcheck // the suite asks for it, deprecated or not
	roots := &mcp.ListRootsParams{}                                                                                                                                         //nolint:staticcheck // the suite asks for it, deprecated or not
	name, confirm := mcp.InputRequestMap{"user_name": form("name", "string")}, mcp.InputRequestMap{"confirm": form("ok", "boolean")}
	for tool, rounds := range map[string][]mcp.InputRequestMap{
		"test_input_required_result_elicitation":     {name},
		"test_input_required_result_sampling":        {{"capital_question": sample}},
		"test_input_required_result_list_roots":      {{"client_roots": roots}},
		"test_input_required_result_request_state":   {confirm},
		"test_input_required_result_multiple_inputs": {{"user_name": form("name", "string"), "greeting": sample, "client_roots": roots}},
		"test_input_required_result_multi_round":     {{"step1": form("name", "string")}, {"step2": form("color", "string")}},
		"test_input_required_result_tampered_state":  {confirm},
		"test_streaming_elicitation":                 {name},
		"test_elicitation":                           {name},
		"test_elicitation_sep1034_defaults":          {name},
		"test_elicitation_sep1330_enums":             {name},
		"test_sampling":                              {{"sample": sample}},
	} {
		add(tool, asks(rounds))
	}
	add("test_input_required_result_capabilities", func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		round := mcp.InputRequestMap{}
		can := req.ClientCapabilities()
		if can != nil && can.Sampling != nil { //nolint:staticcheck // the suite asks for it, deprecated or not
			round["greeting"] = sample
		}
		if can != nil && can.Elicitation != nil {
			round["user_name"] = form("name", "string")
		}
		return asks([]mcp.InputRequestMap{round})(ctx, req)
	})
}

func says(content ...mcp.Content) suiteTool {
	return func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return &mcp.CallToolResult{Content: content}, nil
	}
}

// asks answers after each of some rounds of questions. Its state is the round that was
// asked last.
func asks(rounds []mcp.InputRequestMap) suiteTool {
	return func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		round, err := strconv.Atoi(cmp.Or(strings.TrimPrefix(req.Params.RequestState, "round-"), "0"))
		if err != nil || round < 0 || round >= len(rounds) {
			return nil, &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: "no state of this tool"}
		}
		answered := true
		for key := range rounds[round] {
			answered = answered && req.Params.InputResponses[key] != nil
		}
		if answered {
			round++
		}
		if round == len(rounds) {
			return says(&mcp.TextContent{Text: "state-ok"})(ctx, req)
		}
		return &mcp.CallToolResult{InputRequests: rounds[round], RequestState: fmt.Sprintf("round-%d", round)}, nil
	}
}
