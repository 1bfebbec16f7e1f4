package app_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/patchbay-dev/patchbay/internal/access"
)

// Nothing is open by omission: every operation names its permission, which is a
// scope that can be given, or says that it is for everybody.
func TestEveryOperationNamesItsPermission(t *testing.T) {
	t.Parallel()
	doc, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range everyOperation(t) {
		open := op.Security != nil && len(*op.Security) == 0
		if open == (op.permission != "") {
			t.Errorf("%s %s: open %v with the permission %q", op.method, op.path, open, op.permission)
		}
		if !open && !slices.Contains(access.Scopes, op.permission) {
			t.Errorf("%s %s: the permission %q cannot be given to anybody", op.method, op.path, op.permission)
		}
		if op.Responses.Default() == nil {
			t.Errorf("%s %s does not say how it fails", op.method, op.path)
		}
	}
	if _, err := json.Marshal(doc); err != nil { // the console and the SDKs read it
		t.Error(err)
	}
}

// Every number that a caller gives has an end, so that none is too large for its
// column.
func TestEveryNumberIsBounded(t *testing.T) {
	t.Parallel()
	seen := map[*openapi3.Schema]bool{}
	var look func(where string, ref *openapi3.SchemaRef)
	look = func(where string, ref *openapi3.SchemaRef) {
		if ref == nil || seen[ref.Value] {
			return
		}
		s := ref.Value
		seen[s] = true
		number := s.Type != nil && (s.Type.Includes("integer") || s.Type.Includes("number"))
		if number && !s.Type.Includes("object") && s.Max == nil && len(s.Enum) == 0 {
			t.Errorf("%s is a number without a maximum", where)
		}
		for name, p := range s.Properties {
			look(where+"."+name, p)
		}
		look(where+"[]", s.Items)
		look(where+".*", s.AdditionalProperties.Schema)
		for _, part := range slices.Concat(s.AllOf, s.AnyOf, s.OneOf) {
			look(where, part)
		}
	}
	for _, op := range everyOperation(t) {
		for _, p := range op.parameters {
			look(op.OperationID+" "+p.Value.Name, p.Value.Schema)
		}
		if op.RequestBody == nil {
			continue
		}
		for _, m := range op.RequestBody.Value.Content {
			look(op.OperationID, m.Schema)
		}
	}
}
