package bundle_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/blob"
	"github.com/patchbay-dev/patchbay/internal/bundle"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// archive makes a .tgz of headers; each file holds its name.
func archive(t *testing.T, headers ...tar.Header) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	w := tar.NewWriter(zipped)
	for _, h := range headers {
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		if h.Typeflag == tar.TypeReg && h.Size == 0 {
			h.Size = int64(len(h.Name))
		}
		h.Mode = 0o777
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg && h.Size == int64(len(h.Name)) {
			if _, err := w.Write([]byte(h.Name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil && len(headers) > 0 && headers[0].Size < 1<<20 {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func many(n int) []tar.Header {
	out := make([]tar.Header, n)
	for i := range out {
		out[i] = tar.Header{Name: fmt.Sprintf("package/%d", i)}
	}
	return out
}

// What a package of a stranger may try is refused with a sentence, and nothing of it
// lies outside of its folder.
func TestHostileArchives(t *testing.T) {
	t.Parallel()
	good := archive(t, tar.Header{Name: "package/a"})
	for name, x := range map[string]struct {
		archive []byte
		want    error
		says    string
	}{
		"nothing":              {nil, bundle.ErrArchive, "no .tgz"},
		"a text":               {[]byte("hello"), bundle.ErrArchive, "no .tgz"},
		"an empty one":         {archive(t), bundle.ErrArchive, "empty"},
		"one that breaks off":  {good[:len(good)-12], bundle.ErrArchive, "breaks off"},
		"a way up":             {archive(t, tar.Header{Name: "package/../../evil"}), bundle.ErrArchive, "leads out"},
		"a way up at once":     {archive(t, tar.Header{Name: "../evil"}), bundle.ErrArchive, "leads out"},
		"a way from the root":  {archive(t, tar.Header{Name: "/tmp/evil"}), bundle.ErrArchive, "leads out"},
		"a way of Windows":     {archive(t, tar.Header{Name: `package/..\evil`}), bundle.ErrArchive, "no text"},
		"a link":               {archive(t, tar.Header{Name: "package/a", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}), bundle.ErrArchive, "link"},
		"a hard link":          {archive(t, tar.Header{Name: "package/a", Typeflag: tar.TypeLink, Linkname: "package/b"}), bundle.ErrArchive, "link"},
		"a device":             {archive(t, tar.Header{Name: "package/a", Typeflag: tar.TypeChar}), bundle.ErrArchive, "device"},
		"a file beside":        {archive(t, tar.Header{Name: "evil"}), bundle.ErrArchive, "beside"},
		"a file that is there": {archive(t, tar.Header{Name: "package/a"}, tar.Header{Name: "package/a"}), bundle.ErrArchive, "twice"},
		"a file that is one":   {archive(t, tar.Header{Name: "package/a"}, tar.Header{Name: "package/a/b"}), bundle.ErrArchive, "a file and a folder"},
		"a name without end":   {archive(t, tar.Header{Name: "package/" + strings.Repeat("a", 500)}), bundle.ErrArchive, "longer than"},
		"a file without end":   {archive(t, tar.Header{Name: "package/a", Size: 1 << 40}), bundle.ErrLarge, "MiB"},
		"files without number": {archive(t, many(20_001)...), bundle.ErrLarge, "files"},
		"one with more behind": {append(bytes.Clone(good), bytes.Repeat([]byte{0}, 40<<20)...), bundle.ErrArchive, "follows"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			around := t.TempDir()
			dir := filepath.Join(around, "in", "it")
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			err := bundle.Unpack(bytes.NewReader(x.archive), dir)
			if !errors.Is(err, x.want) || !strings.Contains(err.Error(), x.says) {
				t.Errorf("%v, want one that says %q", err, x.says)
			}
			_ = filepath.WalkDir(around, func(at string, e fs.DirEntry, _ error) error {
				if e.Name() == "evil" || e.Type()&fs.ModeSymlink != 0 {
					t.Errorf("%s is there", at)
				}
				return nil
			})
		})
	}
}

type rig struct {
	*bundle.Store
	d           *db.DB
	mine, other string
}

func newRig(t *testing.T, blobs *blob.Store) *rig {
	t.Helper()
	r := &rig{d: testkit.DB(t), mine: id.New("o"), other: id.New("o")}
	r.Store = &bundle.Store{DB: r.d, Dir: filepath.Join(t.TempDir(), "bundles"), Blobs: blobs, Now: testkit.NewClock().Now}
	err := r.d.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO workspaces (id, name, created_at) VALUES (?, 'Mine', now()), (?, 'Theirs', now())", r.mine, r.other).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// keep keeps a package with one file.
func (r *rig) keep(t *testing.T, workspace, content string) string {
	t.Helper()
	draft, err := r.Draft()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(draft, "index.mjs"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	sum, err := r.Keep(t.Context(), workspace, draft)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func content(t *testing.T, s *bundle.Store, sum string) string {
	t.Helper()
	dir, err := s.Folder(sum)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "index.mjs"))
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}

// A package is kept once however often it is sent, by whom it was sent, and each
// process unpacks it for itself: also after its folder was lost, and although another
// died while it unpacked it.
func TestKept(t *testing.T) {
	t.Parallel()
	blobs, err := blob.Open(t.Context(), "file://"+t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	for name, store := range map[string]*blob.Store{"in its row": nil, "in the store of blobs": blobs} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, store)
			sum := r.keep(t, r.mine, "one")
			if again := r.keep(t, r.mine, "one"); again != sum {
				t.Errorf("the same package is %s and %s", sum, again)
			}
			if theirs := r.keep(t, r.other, "one"); theirs != sum {
				t.Errorf("the same package is %s and %s", sum, theirs)
			}
			if other := r.keep(t, r.mine, "two"); other == sum {
				t.Error("two packages are one")
			}
			if got := content(t, r.Store, sum); got != "one" {
				t.Error(got)
			}
			beside := &bundle.Store{DB: r.d, Dir: t.TempDir(), Blobs: store, Now: r.Now}
			if err := os.MkdirAll(filepath.Join(beside.Dir, "draft-half"), 0o700); err != nil { // of a process that died
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					if got := content(t, beside, sum); got != "one" {
						t.Error(got)
					}
				})
			}
			wg.Wait()
			if err := r.Verify(t.Context(), r.mine, sum); err != nil {
				t.Error(err)
			}
			if err := r.Verify(t.Context(), r.mine, strings.Repeat("0", 64)); !errors.Is(err, bundle.ErrMissing) {
				t.Error(err)
			}
			for _, bad := range []string{"", "..", "../" + sum[3:], strings.Repeat("0", 64), strings.ToUpper(sum)} {
				if at, err := beside.Folder(bad); !errors.Is(err, bundle.ErrMissing) {
					t.Errorf("%q is at %s, %v", bad, at, err)
				}
			}
		})
	}
}

// What nothing is of any more goes after a while, with its blob and its folder; what
// another workspace has stays theirs, and what is installed again is there again.
func TestSwept(t *testing.T) {
	t.Parallel()
	blobs, err := blob.Open(t.Context(), "file://"+t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	for name, store := range map[string]*blob.Store{"in its row": nil, "in the store of blobs": blobs} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, store)
			now := r.Now()
			r.Now = func() time.Time { return now }
			used, gone, shared := r.keep(t, r.mine, "used"), r.keep(t, r.mine, "gone"), r.keep(t, r.mine, "shared")
			r.keep(t, r.other, "shared")
			for workspace, sum := range map[string]string{r.mine: used, r.other: shared} {
				err := r.d.System(t.Context(), func(tx *gorm.DB) error {
					return tx.Exec(`INSERT INTO component_packages (workspace_id, name, version, bundle, license, author, refused, created_at) VALUES (?, 'p', '1.0.0', ?, '', '', '[]', now())`, workspace, sum).Error
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			sweep := func() {
				t.Helper()
				if err := r.Sweep(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			there := func(workspace, sum string) bool { return r.Verify(t.Context(), workspace, sum) == nil }
			if sweep(); !there(r.mine, gone) {
				t.Error("what was kept just now went: it may be about to be installed")
			}
			now = now.Add(2 * time.Hour)
			for range 2 {
				if sweep(); there(r.mine, gone) || there(r.mine, shared) || !there(r.mine, used) || !there(r.other, shared) {
					t.Errorf("gone is there: %v, shared: %v, used: %v, theirs: %v", there(r.mine, gone), there(r.mine, shared), there(r.mine, used), there(r.other, shared))
				}
			}
			if at, err := r.Folder(gone); !errors.Is(err, bundle.ErrMissing) {
				t.Errorf("it is still at %s: %v", at, err)
			}
			if got := content(t, r.Store, shared); got != "shared" {
				t.Error(got)
			}
			if r.keep(t, r.mine, "gone"); !there(r.mine, gone) || content(t, r.Store, gone) != "gone" {
				t.Error("what is installed again is not there")
			}
		})
	}
}
