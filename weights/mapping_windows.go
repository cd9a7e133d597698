package weights

import (
	"os"
	"syscall"
	"unsafe"
)

func mapFile(f *os.File, size int) ([]byte, error) {
	section, err := syscall.CreateFileMapping(syscall.Handle(f.Fd()), nil, syscall.PAGE_WRITECOPY, 0, 0, nil)
	if err != nil {
		return nil, err
	}
	defer syscall.CloseHandle(section) // the view keeps it
	addr, err := syscall.MapViewOfFile(section, syscall.FILE_MAP_COPY, 0, 0, uintptr(size))
	if err != nil {
		return nil, err
	}
	// Not memory of Go's, so that the address doesn't change.
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&addr)), size), nil
}

func unmapFile(data []byte) {
	_ = syscall.UnmapViewOfFile(uintptr(unsafe.Pointer(unsafe.SliceData(data))))
}
