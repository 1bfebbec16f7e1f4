package app_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// contract is the document itself, and not the copy that the server embeds.
var contract = sync.OnceValues(func() (*openapi3.T, error) {
	openapi3filter.RegisterBodyDecoder("application/x-ndjson", openapi3filter.FileBodyDecoder)
	return openapi3.NewLoader().LoadFromFile("../../openapi/openapi.yaml")
})

var contractRouter = sync.OnceValues(func() (routers.Router, error) {
	doc, err := contract()
	if err != nil {
		return nil, err
	}
	return gorillamux.NewRouter(doc)
})

// validating holds every answer of the API against openapi/openapi.yaml, and
// fails the test of whoever asked. What the contract does not name must be an
// error in the contract's form.
type validating struct {
	t    *testing.T
	next http.RoundTripper
}

func (v *validating) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := v.next.RoundTrip(req)
	if err != nil || !strings.HasPrefix(req.URL.Path, "/v1") || isEndpoint(req.Host) || req.Method == http.MethodOptions {
		return res, err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	v.check(req, res, body)
	return res, nil
}

func isEndpoint(host string) bool { return strings.Contains(strings.ToLower(host), "."+domain) }

func (v *validating) check(req *http.Request, res *http.Response, body []byte) {
	where := req.Method + " " + req.URL.RequestURI()
	if strings.Contains(req.URL.Path+"/", "/proxy/") && res.Header.Get("Content-Security-Policy") == "sandbox" {
		return // an app's own answer, which is passed on as it is
	}
	if res.StatusCode >= 300 && res.StatusCode < 400 {
		v.t.Errorf("%s was redirected: a POST would become a GET", where)
	}
	if res.StatusCode >= 400 {
		v.problem(where, res, body)
	}
	if res.StatusCode == http.StatusNoContent && (len(body) > 0 || res.Header.Get("Content-Type") != "") {
		v.t.Errorf("%s: 204 with a body: %q", where, body)
	}
	router, err := contractRouter()
	if err != nil {
		v.t.Error(err)
		return
	}
	route, params, err := router.FindRoute(canonical(req))
	if err != nil {
		if res.StatusCode < 400 {
			v.t.Errorf("%s: status %d at an address that is not in the contract", where, res.StatusCode)
		}
		return
	}
	err = openapi3filter.ValidateResponse(req.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route},
		Status:                 res.StatusCode, Header: res.Header, Body: io.NopCloser(bytes.NewReader(body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	})
	if err != nil {
		v.t.Errorf("%s: status %d does not fit the contract: %v\n%s", where, res.StatusCode, err, body)
	}
}

// problem checks what clients need of every error: JSON by name and by nature,
// with a sentence, a code, and the request's id, which is in the headers too.
func (v *validating) problem(where string, res *http.Response, body []byte) {
	var p struct {
		Error   string         `json:"error"`
		Code    string         `json:"code"`
		Details map[string]any `json:"details"`
	}
	err := json.Unmarshal(body, &p)
	switch {
	case !strings.HasPrefix(res.Header.Get("Content-Type"), "application/json"):
		v.t.Errorf("%s: status %d as %q", where, res.StatusCode, res.Header.Get("Content-Type"))
	case err != nil || p.Error == "" || p.Code == "" || p.Details["request_id"] != res.Header.Get("X-Request-Id"):
		v.t.Errorf("%s: status %d is no error of ours (%v): %s", where, res.StatusCode, err, body)
	case strings.Contains(p.Error, "\n") || strings.Contains(string(body), "example.com/schema"):
		v.t.Errorf("%s: status %d is not worded for people: %s", where, res.StatusCode, body)
	case res.StatusCode >= 500 && res.StatusCode != http.StatusServiceUnavailable && p.Code != "upstream_timeout":
		v.t.Errorf("%s: status %d, which clients repeat: %s", where, res.StatusCode, body)
	}
}

// canonical spells a request as the contract does, by rules of its own and not
// by the code under test: an alias of the catalogue, or a project left out.
func canonical(req *http.Request) *http.Request {
	path := req.URL.EscapedPath()
	for _, noun := range []string{"apps", "app_categories"} {
		if path == "/v1/"+noun || strings.HasPrefix(path, "/v1/"+noun+"/") {
			path = strings.Replace(path, "/v1/", "/v1/connect/", 1)
		}
	}
	if rest, ok := strings.CutPrefix(path, "/v1/connect/"); ok {
		rest = strings.TrimLeft(rest, "/")
		first, more, _ := strings.Cut(rest, "/")
		switch first {
		case "accounts", "users", "triggers", "deployed-triggers", "webhook":
			rest = "-/" + rest
		case "apps":
			if strings.HasSuffix(more, "/accounts") {
				rest = "-/" + rest
			}
		}
		path = "/v1/connect/" + rest
	}
	out := req.Clone(req.Context())
	out.URL.RawPath = path
	out.URL.Path, _ = url.PathUnescape(path)
	return out
}

// contracted is an operation of the contract.
type contracted struct {
	*openapi3.Operation
	method, path string
	parameters   openapi3.Parameters // its own and those of its path
	permission   string
}

// takes reports whether the operation is open to a kind of caller; "oauth" is what the
// contract says of all.
func (o *contracted) takes(scheme string) bool {
	if o.Security == nil {
		return scheme == "oauth"
	}
	return slices.ContainsFunc(*o.Security, func(r openapi3.SecurityRequirement) bool { _, ok := r[scheme]; return ok })
}

// scoped reports whether the operation is about one environment.
func (o *contracted) scoped() bool {
	return o.parameters.GetByInAndName("header", "x-pd-environment") != nil
}

// everyOperation is the contract's, in an order that is the same in each run.
func everyOperation(t *testing.T) (all []*contracted) {
	t.Helper()
	doc, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			permission, _ := op.Extensions["x-permission"].(string)
			all = append(all, &contracted{op, method, path, slices.Concat(item.Parameters, op.Parameters), permission})
		}
	}
	slices.SortFunc(all, func(a, b *contracted) int {
		return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.method, b.method))
	})
	return all
}
