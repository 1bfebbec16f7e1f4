package provider

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

// maxBody is the largest body that is read in order to put a credential into
// it, or to sign it, in bytes.
const maxBody = 1 << 20

// Faults of a body that has to hold or to prove the credential.
var (
	ErrBodyKind = fault.New(fault.Invalid, "body_kind", "The app takes its key inside the body, so the call needs a body of the kind that the app reads: a JSON object or a form.")
	ErrBodySize = fault.New(fault.TooLarge, "body_size", "The app wants the body to hold or to prove the credential, so it may have 1 MiB at most.")
)

// inject puts the credential into a request that has its address and its body.
func (c *Connection) inject(req *http.Request, values map[string]string) error {
	for k, text := range c.App.Request.Headers {
		v, err := catalog.Expand(text, values)
		if err != nil {
			return fmt.Errorf("request.headers.%s: %w", k, err)
		}
		if v != "" && req.Header.Get(k) == "" { // a caller may ask for another version
			req.Header.Set(k, v)
		}
	}
	switch c.Auth.Type {
	case catalog.SigV4:
		return c.signAWS(req, values)
	case catalog.OAuth1:
		return c.signOAuth1(req, values, nil)
	}
	in, ok := c.App.InjectFor(c.Auth.ID)
	if !ok {
		if c.Auth.Type == catalog.None {
			return nil
		}
		return ErrUnsupported
	}
	text, err := catalog.Expand(in.Value, values)
	if err != nil {
		return fmt.Errorf("inject: %w", err)
	}
	switch in.In {
	case "header":
		req.Header.Set(in.Name, text)
	case "query":
		q := req.URL.Query()
		q.Set(in.Name, text)
		req.URL.RawQuery = q.Encode()
	case "json":
		err = intoJSON(req, in.Name, text)
	case "form":
		err = intoForm(req, in.Name, text)
	case "path":
		base, _ := c.App.Base("api", values)
		err = intoPath(req.URL, base, in.Under, text)
	default:
		err = ErrUnsupported
	}
	if err != nil {
		return err
	}
	for k, also := range in.Also {
		if text, err = catalog.Expand(also, values); err != nil {
			return fmt.Errorf("inject.also.%s: %w", k, err)
		}
		if text != "" {
			req.Header.Set(k, text)
		}
	}
	return nil
}

// intoJSON puts a member into the object that is the body. Nothing is the empty object.
func intoJSON(req *http.Request, name, value string) error {
	body, err := readBody(req)
	if err != nil {
		return err
	}
	doc := map[string]json.RawMessage{}
	if len(body) > 0 {
		if kind := mediaType(req); kind != "application/json" && !strings.HasSuffix(kind, "+json") {
			return ErrBodyKind
		}
		if json.Unmarshal(body, &doc) != nil || doc == nil {
			return ErrBodyKind
		}
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode key: %w", err)
	}
	doc[name] = text
	if body, err = json.Marshal(doc); err != nil {
		return fmt.Errorf("encode body: %w", err)
	}
	setBody(req, body, "application/json")
	return nil
}

// intoForm puts a field into the form that is the body. Nothing is the empty form.
func intoForm(req *http.Request, name, value string) error {
	body, err := readBody(req)
	if err != nil {
		return err
	}
	if len(body) > 0 && mediaType(req) != formType {
		return ErrBodyKind
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return ErrBodyKind
	}
	form.Set(name, value)
	setBody(req, []byte(form.Encode()), formType)
	return nil
}

// intoPath puts a segment first in the path: behind the base of the app's API,
// and behind one of the prefixes under which the app wants it, too.
func intoPath(u *url.URL, base string, under []string, segment string) error {
	prefix := ""
	if b, err := url.Parse(base); err == nil && b.Host == u.Host {
		prefix = strings.TrimSuffix(b.EscapedPath(), "/")
	}
	rest, ok := strings.CutPrefix(u.EscapedPath(), prefix)
	if !ok {
		prefix, rest = "", u.EscapedPath()
	}
	for _, p := range under {
		if after, ok := strings.CutPrefix(rest, p+"/"); ok {
			prefix, rest = prefix+p, "/"+after
			break
		}
	}
	raw := prefix + "/" + url.PathEscape(segment) + "/" + strings.TrimPrefix(rest, "/")
	plain, err := url.PathUnescape(raw)
	if err != nil {
		return ErrTarget
	}
	u.Path, u.RawPath = plain, raw
	return nil
}

const formType = "application/x-www-form-urlencoded"

func mediaType(req *http.Request) string {
	kind, _, _ := mime.ParseMediaType(req.Header.Get("Content-Type"))
	return kind
}

// readBody reads a body that has to be known before it is sent, and puts it back.
func readBody(req *http.Request) ([]byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return nil, nil
	}
	if req.ContentLength > maxBody {
		return nil, ErrBodySize
	}
	body, err := io.ReadAll(io.LimitReader(req.Body, maxBody+1))
	switch {
	case err != nil:
		return nil, fault.New(fault.Invalid, "body", "The body broke off.").Because(errors.New("read body"))
	case len(body) > maxBody:
		return nil, ErrBodySize
	}
	_ = req.Body.Close()
	setBody(req, body, "")
	return body, nil
}

// setBody gives a request a body; kind is its media type, "" = as it was.
func setBody(req *http.Request, body []byte, kind string) {
	req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	if len(body) == 0 {
		req.Body = http.NoBody
	}
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
}
