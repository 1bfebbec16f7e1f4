package blob

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"gocloud.dev/blob"
	"gocloud.dev/blob/driver"
	"gocloud.dev/gcerrors"
	"golang.org/x/oauth2/google"
)

// gcs is a bucket of Google Cloud Storage, by four requests of its JSON API
// (https://cloud.google.com/storage/docs/json_api). It can do what Store asks for.
type gcs struct {
	client *http.Client
	base   string // of the service, without a slash at the end
	bucket string
}

// openGCS opens gs://bucket?prefix=…&endpoint=…. The credentials are those that
// Google's own tools take.
func openGCS(ctx context.Context, u *url.URL) (*blob.Bucket, error) {
	client, err := google.DefaultClient(context.WithoutCancel(ctx), "https://www.googleapis.com/auth/devstorage.read_write")
	if err != nil {
		return nil, fmt.Errorf("find Google's credentials: %w", err)
	}
	q := u.Query()
	base := strings.TrimSuffix(cmp.Or(q.Get("endpoint"), "https://storage.googleapis.com"), "/")
	b := blob.NewBucket(&gcs{client, base, u.Host})
	if prefix := q.Get("prefix"); prefix != "" {
		b = blob.PrefixedBucket(b, prefix)
	}
	return b, nil
}

// gcsError is an answer that is none of the 200s.
type gcsError struct {
	status int
	said   string
}

func (e *gcsError) Error() string {
	return fmt.Sprintf("Google Cloud Storage answered %d: %s", e.status, cmp.Or(e.said, http.StatusText(e.status)))
}

// do makes a request and returns its answer, which the caller closes.
func (g *gcs) do(ctx context.Context, method, path string, header http.Header, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, g.base+path, body)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	for k, v := range header {
		req.Header[k] = v
	}
	res, err := g.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask Google Cloud Storage: %w", err)
	}
	if res.StatusCode < 300 {
		return res, nil
	}
	defer func() { _ = res.Body.Close() }()
	var said struct{ Error struct{ Message string } }
	text, _ := io.ReadAll(io.LimitReader(res.Body, 4096))
	_ = json.Unmarshal(text, &said) // what is no JSON is told by its status
	return nil, &gcsError{res.StatusCode, said.Error.Message}
}

func (g *gcs) object(key string) string {
	return "/storage/v1/b/" + url.PathEscape(g.bucket) + "/o/" + url.PathEscape(key)
}

// ErrorCode tells a blob that is not there from all else.
func (*gcs) ErrorCode(err error) gcerrors.ErrorCode {
	if e, ok := errors.AsType[*gcsError](err); ok && e.status == http.StatusNotFound {
		return gcerrors.NotFound
	}
	if errors.Is(err, errors.ErrUnsupported) {
		return gcerrors.Unimplemented
	}
	return gcerrors.Unknown
}

// NewRangeReader reads length bytes from offset on; a negative length is all.
func (g *gcs) NewRangeReader(ctx context.Context, key string, offset, length int64, _ *driver.ReaderOptions) (driver.Reader, error) {
	header := http.Header{"Accept-Encoding": {"identity"}} // as it lies there, so that places in it are what they seem
	switch {
	case length >= 0: // there is no empty range
		header.Set("Range", fmt.Sprintf("bytes=%d-%d", offset, offset+max(length, 1)-1))
	case offset > 0:
		header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
	}
	res, err := g.do(ctx, http.MethodGet, g.object(key)+"?alt=media", header, nil)
	if err != nil {
		return nil, err
	}
	size := res.ContentLength
	if _, whole, ok := strings.Cut(res.Header.Get("Content-Range"), "/"); ok {
		if size, err = strconv.ParseInt(whole, 10, 64); err != nil {
			_ = res.Body.Close()
			return nil, fmt.Errorf("read Content-Range: %w", err)
		}
	}
	if length == 0 {
		_ = res.Body.Close()
		res.Body = http.NoBody
	}
	modified, _ := http.ParseTime(res.Header.Get("Last-Modified")) // the zero time is "unknown"
	return &gcsReader{res.Body, driver.ReaderAttributes{ContentType: res.Header.Get("Content-Type"), ModTime: modified, Size: size}}, nil
}

type gcsReader struct {
	io.ReadCloser
	attributes driver.ReaderAttributes
}

func (r *gcsReader) Attributes() *driver.ReaderAttributes { return &r.attributes }
func (*gcsReader) As(any) bool                            { return false }

// NewTypedWriter returns what is given a blob by Upload.
func (g *gcs) NewTypedWriter(ctx context.Context, key, contentType string, _ *driver.WriterOptions) (driver.Writer, error) {
	return &gcsWriter{ctx, g, key, contentType}, nil
}

type gcsWriter struct {
	ctx         context.Context //nolint:containedctx // the interface has it here
	gcs         *gcs
	key         string
	contentType string
}

// Upload sends r in one request: it is there when that was answered, or not at all.
func (w *gcsWriter) Upload(r io.Reader) error {
	q := url.Values{"uploadType": {"media"}, "name": {w.key}}
	path := "/upload/storage/v1/b/" + url.PathEscape(w.gcs.bucket) + "/o?" + q.Encode()
	res, err := w.gcs.do(w.ctx, http.MethodPost, path, http.Header{"Content-Type": {w.contentType}}, r)
	if err != nil {
		return err
	}
	return res.Body.Close() //nolint:wrapcheck // nothing is done with it
}

func (*gcsWriter) Write([]byte) (int, error) { return 0, errors.ErrUnsupported }
func (*gcsWriter) Close() error              { return nil }

// Delete removes a blob.
func (g *gcs) Delete(ctx context.Context, key string, _ *driver.DeleteOptions) error {
	res, err := g.do(ctx, http.MethodDelete, g.object(key), nil, nil)
	if err != nil {
		return err
	}
	return res.Body.Close() //nolint:wrapcheck // nothing is done with it
}

// Close ends the connections that rest.
func (g *gcs) Close() error {
	g.client.CloseIdleConnections()
	return nil
}

// What a Store does not ask for.

func (*gcs) As(any) bool             { return false }
func (*gcs) ErrorAs(error, any) bool { return false }
func (*gcs) Attributes(context.Context, string) (*driver.Attributes, error) {
	return nil, errors.ErrUnsupported
}

func (*gcs) ListPaged(context.Context, *driver.ListOptions) (*driver.ListPage, error) {
	return nil, errors.ErrUnsupported
}

func (*gcs) Copy(context.Context, string, string, *driver.CopyOptions) error {
	return errors.ErrUnsupported
}

func (*gcs) SignedURL(context.Context, string, *driver.SignedURLOptions) (string, error) {
	return "", errors.ErrUnsupported
}

var (
	_ driver.Bucket   = (*gcs)(nil)
	_ driver.Uploader = (*gcsWriter)(nil)
)
