package mcp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/limit"
)

// mostText is how many bytes of a result an agent is given: what is longer fills its
// memory with one answer.
const mostText = 256 << 10

var errArguments = fault.New(fault.Invalid, "arguments", "The arguments are no JSON object.")

func decode(raw json.RawMessage, into *map[string]any) error {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil
	}
	if json.Unmarshal(raw, into) != nil {
		return errArguments
	}
	return nil
}

// result is what a tool answers, as JSON for programs and as a text for models.
func result(value map[string]any) *mcp.CallToolResult {
	text, err := json.Marshal(value)
	if err != nil {
		return failure("internal", "The result is no JSON.", nil)
	}
	if n := len(text); n > mostText {
		return failure("result_too_large", fmt.Sprintf("The tool did what it was to do. Its result is too large: %d bytes, of at most %d. Ask it for less.", n, mostText), map[string]any{"done": true, "bytes": n})
	}
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: string(text)}}, StructuredContent: json.RawMessage(text)}
}

// failure is what a tool answers that did not do what it was asked for: a sentence
// for the model, and a stable code for programs.
func failure(code, message string, details map[string]any) *mcp.CallToolResult {
	said := map[string]any{"code": code, "message": message}
	maps.Copy(said, details)
	return &mcp.CallToolResult{IsError: true, Content: []mcp.Content{&mcp.TextContent{Text: message}}, StructuredContent: said}
}

// refusal is a failure from an error. Faults of ours are logged here, once.
func refusal(ctx context.Context, err error) *mcp.CallToolResult {
	f := fault.Of(err)
	if errors.Is(err, db.ErrAway) || f.Kind == fault.Internal {
		slog.ErrorContext(ctx, "tool failed", "error", err)
	}
	details := maps.Clone(f.Details)
	if e, ok := errors.AsType[*limit.Exceeded](err); ok {
		details = map[string]any{"retry_after_seconds": e.Seconds()}
	}
	return failure(f.Code, f.Message, details)
}
