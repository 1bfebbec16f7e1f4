// Package blob keeps what is too large for a row: in a folder of a disk that all
// processes share, or in a store of objects. It is a door: gocloud.dev/blob
// speaks to S3 and whatever speaks like it, and to Azure, and we to Google.
//
// What lies there is as it was given, and not sealed by us: it is what would
// stand in a row of the database otherwise, where it is not sealed either, and
// disks and stores seal all they hold by themselves. What is secret has no
// business here.
package blob

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/azureblob" // azblob://
	"gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/s3blob" // s3://
	"gocloud.dev/gcerrors"
)

// Errors of a store.
var (
	ErrMissing  = errors.New("blob: there is no such blob")
	ErrTooLarge = errors.New("blob: larger than it may be")
)

// within is how long one request to a store may take.
const within = 30 * time.Second

// Store is a place for blobs.
type Store struct {
	bucket *blob.Bucket
	dir    string // of a folder; "" = elsewhere
}

// Reader reads a blob, from any place on.
type Reader = io.ReadSeekCloser

// Check returns why a setting names no store.
func Check(setting string) error {
	_, err := parse(setting)
	return err
}

func parse(setting string) (*url.URL, error) {
	u, err := url.Parse(setting)
	switch {
	case err != nil || u.User != nil: // its text may tell a password
		return nil, errors.New("want file:///folder, s3://bucket?region=…, gs://bucket or azblob://container, without a password: the keys of a store come from where its own tools take them")
	case u.Scheme == "file" && (u.Host != "" || !path.IsAbs(u.Path) || path.Clean(u.Path) == "/"):
		return nil, errors.New("a folder is named from the root on, such as file:///var/lib/patchbay/blobs")
	case u.Scheme == "file":
		return u, nil
	case u.Scheme != "s3" && u.Scheme != "gs" && u.Scheme != "azblob":
		return nil, fmt.Errorf("%q is no kind of store: want file, s3, gs or azblob", u.Scheme)
	case u.Host == "":
		return nil, fmt.Errorf("the name of the bucket is missing: %s://name", u.Scheme)
	}
	return u, nil
}

// Open opens the store that a setting names: file:///folder, which is made if it
// is not there; s3://bucket?region=…&endpoint=…; gs://bucket; azblob://container?storage_account=….
// prefix=… puts all below a name. It asks nothing of a store that is elsewhere.
func Open(ctx context.Context, setting string) (*Store, error) {
	u, err := parse(setting)
	if err != nil {
		return nil, err
	}
	if u.Scheme == "file" {
		return openDir(path.Clean(u.Path))
	}
	q := u.Query()
	if u.Scheme == "s3" && q.Has("endpoint") { // what speaks like S3 has rarely a name for each bucket, or all of its checksums
		for k, v := range map[string]string{"use_path_style": "true", "request_checksum_calculation": "when_required", "response_checksum_validation": "when_required"} {
			if !q.Has(k) {
				q.Set(k, v)
			}
		}
		u.RawQuery = q.Encode()
	}
	openURL := func(ctx context.Context, u *url.URL) (*blob.Bucket, error) { return blob.OpenBucket(ctx, u.String()) }
	if u.Scheme == "gs" {
		openURL = openGCS
	}
	b, err := openURL(ctx, u)
	if err != nil {
		return nil, fmt.Errorf("open %s://%s: %w", u.Scheme, u.Host, err)
	}
	return &Store{bucket: b}, nil
}

// openDir opens a folder. What is written has no name before it is whole.
func openDir(dir string) (*Store, error) {
	b, err := fileblob.OpenBucket(dir, &fileblob.Options{CreateDir: true, DirFileMode: 0o700, NoTempDir: true, Metadata: fileblob.MetadataDontWrite})
	if err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	return &Store{bucket: b, dir: dir}, nil
}

// Close ends the connections to the store.
func (s *Store) Close() error { return s.bucket.Close() }

// Put keeps what r holds, at most so many bytes, and returns how many they are
// and their SHA-256 in hex. When it returns without an error the blob outlives a
// loss of power; when it returns one there is none, or a whole one.
func (s *Store) Put(ctx context.Context, k Key, contentType string, r io.Reader, most int64) (size int64, sum string, err error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	writing, discard := context.WithCancel(ctx)
	defer discard()
	// Upload, and not a writer: that of S3 and Azure falls over when its store fails while it writes.
	in := &source{from: r, left: most, hash: sha256.New(), discard: discard}
	err = s.bucket.Upload(writing, k.text, in, &blob.WriterOptions{ContentType: contentType})
	if in.failed != nil {
		err = in.failed
	}
	if err != nil {
		return 0, "", fmt.Errorf("write blob: %w", err)
	}
	if s.dir != "" {
		if err := settle(s.dir, k.text); err != nil {
			return 0, "", err
		}
	}
	return most - in.left, hex.EncodeToString(in.hash.Sum(nil)), nil
}

// source is what is put: bounded, and discarded with all that was written of it
// when it breaks off.
type source struct {
	from    io.Reader
	left    int64
	hash    hash.Hash
	failed  error
	discard func()
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.from.Read(p)
	if s.left -= int64(n); s.left < 0 {
		n, err = 0, ErrTooLarge
	}
	s.hash.Write(p[:n])
	if err != nil && !errors.Is(err, io.EOF) {
		s.failed = err
		s.discard()
	}
	return n, err //nolint:wrapcheck // a reader's
}

// settle has a file, and the names that lead to it, on the disk and not only in
// the memory of the machine.
func settle(dir, name string) error {
	for at := path.Join(dir, name); ; at = path.Dir(at) {
		f, err := os.Open(at) //nolint:gosec // a name of ours
		if err == nil {
			err = errors.Join(f.Sync(), f.Close())
		}
		if err != nil {
			return fmt.Errorf("settle blob: %w", err)
		}
		if at == dir {
			return nil
		}
	}
}

// Get returns a blob, or ErrMissing. The caller closes it; ctx holds until then.
func (s *Store) Get(ctx context.Context, k Key) (Reader, int64, error) {
	r, err := s.bucket.NewReader(ctx, k.text, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, 0, ErrMissing
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read blob: %w", err)
	}
	return r, r.Size(), nil
}

// Delete removes a blob. That there is none is no error.
func (s *Store) Delete(ctx context.Context, k Key) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if err := s.bucket.Delete(ctx, k.text); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("delete blob: %w", err)
	}
	return nil
}

// Ready writes, reads and deletes a blob of its own, and returns why that fails.
func (s *Store) Ready(ctx context.Context) error {
	k := Key{"_check/" + strings.ToLower(rand.Text())}
	if _, _, err := s.Put(ctx, k, "text/plain", strings.NewReader("ready"), 5); err != nil {
		return err
	}
	r, _, err := s.Get(ctx, k)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		return fmt.Errorf("read blob: %w", err)
	}
	if string(text) != "ready" {
		return errors.New("blob: what was read is not what was written")
	}
	return s.Delete(ctx, k)
}
