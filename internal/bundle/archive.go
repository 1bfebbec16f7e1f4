package bundle

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// The most that a package may be.
const (
	MaxPacked   = 32 << 20  // bytes of the archive
	maxUnpacked = 256 << 20 // bytes of its files together
	maxFiles    = 20_000
	maxPath     = 400 // bytes
)

// Faults of archives.
var (
	ErrArchive = fault.New(fault.Invalid, "package_archive", "The package cannot be read.").At("package")
	ErrLarge   = fault.New(fault.TooLarge, "package_too_large", "A package has at most %d MiB packed, %d MiB unpacked, and %d files.", MaxPacked>>20, maxUnpacked>>20, maxFiles)
)

func unreadable(format string, args ...any) error {
	f := *ErrArchive
	f.Message = "The package cannot be read: " + fmt.Sprintf(format, args...) + "."
	return &f
}

// Unpack writes the files of a .tgz into a folder that is empty. Anything but files
// and folders is refused, and so is what would lie outside of the folder. What all
// names begin with, such as package/, is left out.
func Unpack(r io.Reader, dir string) error {
	packed := &io.LimitedReader{R: r, N: MaxPacked + 1}
	unzipped, err := gzip.NewReader(packed)
	if err != nil {
		return unreadable("it is no .tgz")
	}
	files, left := 0, int64(maxUnpacked)
	archive := tar.NewReader(unzipped)
	for {
		h, err := archive.Next()
		switch {
		case packed.N <= 0:
			return ErrLarge
		case errors.Is(err, io.EOF) && files == 0:
			return unreadable("it is empty")
		case errors.Is(err, io.EOF):
			return ended(unzipped)
		case err != nil:
			return unreadable("it breaks off, or is no .tgz")
		}
		if h.Typeflag == tar.TypeDir || h.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		name, err := inside(h)
		if err != nil {
			return err
		}
		if files++; files > maxFiles || h.Size > left {
			return ErrLarge
		}
		left -= h.Size
		if err := write(filepath.Join(dir, filepath.FromSlash(name)), archive, h.Size); err != nil {
			if packed.N <= 0 {
				return ErrLarge
			}
			return err
		}
	}
}

// ended reads what follows an archive, which is padding and then its checksum.
func ended(r io.Reader) error {
	if _, err := io.CopyN(io.Discard, r, 1<<20); !errors.Is(err, io.EOF) {
		return unreadable("it breaks off, or something follows it")
	}
	return nil
}

// inside returns where a file of an archive lies in the package.
func inside(h *tar.Header) (string, error) {
	if h.Typeflag != tar.TypeReg {
		return "", unreadable("%q is a link or a device, and a package has files alone", h.Name)
	}
	name := strings.TrimPrefix(h.Name, "./")
	_, name, below := strings.Cut(name, "/")
	switch {
	case !below:
		return "", unreadable("%q lies beside the package's folder", h.Name)
	case len(name) > maxPath || !utf8.ValidString(name) || strings.ContainsAny(name, "\x00\\"):
		return "", unreadable("a name is longer than %d bytes, or is no text", maxPath)
	case !fs.ValidPath(name) || name == "." || strings.HasPrefix(h.Name, "/") || strings.HasPrefix(h.Name, "../"):
		return "", unreadable("%q leads out of it", h.Name)
	}
	return name, nil
}

func write(at string, r io.Reader, size int64) error {
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil { //nolint:gosec // the host of modules is another user
		return unreadable("%q is a file and a folder", filepath.Base(filepath.Dir(at)))
	}
	f, err := os.OpenFile(at, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // a name that was checked
	if errors.Is(err, fs.ErrExist) {
		return unreadable("%q is there twice", filepath.Base(at))
	}
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	n, err := io.Copy(f, io.LimitReader(r, size))
	if cerr := f.Close(); err == nil && cerr != nil {
		return fmt.Errorf("unpack: %w", cerr)
	}
	if err != nil || n != size {
		return unreadable("it breaks off")
	}
	return nil
}

// Pack writes a folder as a .tgz whose bytes follow from its files alone: their
// names in order, their content, and nothing of when and by whom they were made.
// Left out are .git and node_modules/.bin. It refuses links.
func Pack(dir string, w io.Writer) error {
	zipped, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	archive := tar.NewWriter(zipped)
	files, left := 0, int64(maxUnpacked)
	err = filepath.WalkDir(dir, func(at string, e fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("pack: %w", err)
		}
		if e.IsDir() {
			if e.Name() == ".git" || e.Name() == ".bin" && filepath.Base(filepath.Dir(at)) == "node_modules" {
				return fs.SkipDir
			}
			return nil
		}
		name, err := filepath.Rel(dir, at)
		if err != nil {
			return fmt.Errorf("pack: %w", err)
		}
		if !e.Type().IsRegular() {
			return unreadable("%q is a link or a device, and a package has files alone", filepath.ToSlash(name))
		}
		info, err := e.Info()
		if err != nil {
			return fmt.Errorf("pack: %w", err)
		}
		if files++; files > maxFiles || info.Size() > left {
			return ErrLarge
		}
		left -= info.Size()
		return add(archive, at, path.Join("package", filepath.ToSlash(name)), info.Size())
	})
	if err != nil {
		return err //nolint:wrapcheck // wrapped above
	}
	if err := errors.Join(archive.Close(), zipped.Close()); err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	return nil
}

func add(archive *tar.Writer, at, name string, size int64) error {
	h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644, ModTime: time.Unix(0, 0), Format: tar.FormatPAX}
	if err := archive.WriteHeader(h); err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	f, err := os.Open(at) //nolint:gosec // of the folder that is packed
	if err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	_, err = io.Copy(archive, f)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("pack %s: %w", name, err)
	}
	return nil
}
