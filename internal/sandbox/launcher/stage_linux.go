package launcher

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
	"unsafe"
)

// stage binds paths below Staged, so that a user whom folders above them keep
// out can bind them in turn. All are opened first: Staged hides what was there.
func stage(paths []string) error {
	if len(paths) == 0 {
		return nil
	}
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keep mounts to ourselves: %w", err)
	}
	trees := make([]int, len(paths))
	for i, path := range paths {
		fd, err := openTree(path)
		if err != nil {
			return fmt.Errorf("open %s: %w", path, err)
		}
		trees[i] = fd
	}
	if err := syscall.Mount("stage", Staged, "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV, "mode=755,size=64k"); err != nil {
		return fmt.Errorf("make a stage: %w", err)
	}
	for i, path := range paths {
		at := Staged + "/" + strconv.Itoa(i)
		if err := place(trees[i], at); err != nil {
			return fmt.Errorf("stage %s: %w", path, err)
		}
	}
	return nil
}

func place(tree int, at string) error {
	var st syscall.Stat_t
	if err := syscall.Fstat(tree, &st); err != nil {
		return err
	}
	if st.Mode&syscall.S_IFMT == syscall.S_IFDIR {
		if err := os.Mkdir(at, 0o755); err != nil { //nolint:gosec // it is for another user
			return err
		}
	} else if err := os.WriteFile(at, nil, 0o644); err != nil { //nolint:gosec // it is for another user
		return err
	}
	const moveMount, fromDescriptor, toWorkingFolder = 429, 4, ^uintptr(99)
	empty, target := []byte{0}, append([]byte(at), 0)
	_, _, no := syscall.Syscall6(moveMount, uintptr(tree), uintptr(unsafe.Pointer(&empty[0])), toWorkingFolder, uintptr(unsafe.Pointer(&target[0])), fromDescriptor, 0) //nolint:gosec // as the call wants it
	if no != 0 {
		return no
	}
	return syscall.Close(tree)
}

// openTree returns a copy of a path and all that is mounted below it.
func openTree(path string) (int, error) {
	const openTree, clone, recursive, fromWorkingFolder = 428, 1, 0x8000, ^uintptr(99)
	source := append([]byte(path), 0)
	fd, _, no := syscall.Syscall(openTree, fromWorkingFolder, uintptr(unsafe.Pointer(&source[0])), clone|syscall.O_CLOEXEC|recursive) //nolint:gosec // as the call wants it
	if no != 0 {
		return 0, no
	}
	return int(fd), nil
}
