package rest

import (
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

// What a form has wrong the contract says of the field, by its name: each property
// of each body is given what none of them takes.
func TestFieldsAreNamed(t *testing.T) {
	t.Parallel()
	ct, err := newContract()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := gen.GetSpec()
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.RequestBody == nil {
				continue
			}
			media := op.RequestBody.Value.Content["application/json"]
			if media == nil || media.Schema == nil {
				continue
			}
			for name, property := range media.Schema.Value.Properties {
				if loose(property.Value) {
					continue
				}
				body, _ := json.Marshal(map[string]any{name: []any{map[string]any{"of": "nothing"}, []any{1}}})
				address := doc.Servers[0].URL + strings.NewReplacer("{", "", "}", "").Replace(path)
				got, refused := ct.refusal(t, method, address, string(body))
				if !refused {
					continue // it takes anything
				}
				tried++
				if got != name && !strings.HasPrefix(got, name+".") && !required(media.Schema.Value, got) {
					t.Errorf("%s %s: what is wrong with %s is said of %q", method, path, name, got)
				}
			}
		}
	}
	if tried < 100 {
		t.Errorf("%d properties were tried", tried)
	}
}

// refusal sends a body and returns the field of which the contract speaks.
func (ct *contract) refusal(t *testing.T, method, address, body string) (field string, refused bool) {
	t.Helper()
	r := httptest.NewRequest(method, address, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	route, params, err := ct.router.FindRoute(r)
	if err != nil {
		t.Fatalf("%s %s: %v", method, address, err)
	}
	err = openapi3filter.ValidateRequestBody(r.Context(), &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: route, Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}, route.Operation.RequestBody.Value)
	if err == nil {
		return "", false
	}
	f := fault.Of(invalid(err))
	if f.Kind != fault.Invalid {
		t.Errorf("%s %s: %v", method, address, f)
	}
	field, _ = f.Details["field"].(string)
	return field, true
}

// loose is a schema that takes about anything.
func loose(s *openapi3.Schema) bool {
	return s.Type == nil || s.Type.Is("array") && (s.Items == nil || loose(s.Items.Value))
}

// required is a field that is missing: it may be told of first.
func required(s *openapi3.Schema, field string) bool {
	return slices.Contains(s.Required, field)
}
