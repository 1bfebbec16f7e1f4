package mcp

import (
	"context"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// undeclared are the methods of capabilities that this server does not declare. Its
// library would answer some of them, with lists of nothing.
var undeclared = []string{"prompts/", "resources/", "completion/", "logging/"}

// offered refuses the methods of what is not offered.
func offered(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
		for _, of := range undeclared {
			if strings.HasPrefix(method, of) {
				return nil, &jsonrpc.Error{Code: jsonrpc.CodeMethodNotFound, Message: "method not found: " + method}
			}
		}
		return next(ctx, method, req)
	}
}
