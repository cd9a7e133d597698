package checkpoint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync"
)

// The parts of a sorted table, LevelDB's file format, in which TensorFlow keeps the index of a checkpoint: blocks of
// entries, one block with the places of these, and a footer with the place of that one.
const (
	tableMagic  = 0xdb4775248b80fb57 // the footer's last 8 bytes
	footerSize  = 48
	trailerSize = 5 // behind each block: how it is compressed, and a checksum
)

var castagnoli = sync.OnceValue(func() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) })

// maskedSum returns a checksum as LevelDB and TensorFlow store it: turned and moved, since sums of data that hold
// sums are weak.
func maskedSum(data []byte) uint32 {
	sum := crc32.Checksum(data, castagnoli())
	return (sum>>15 | sum<<17) + 0xa282ead8
}

// isTable reports whether a file ends as a sorted table does.
func isTable(r io.ReaderAt, size int64) bool {
	var magic [8]byte
	if size < footerSize {
		return false
	}
	_, err := r.ReadAt(magic[:], size-int64(len(magic)))
	return (err == nil || err == io.EOF) && binary.LittleEndian.Uint64(magic[:]) == tableMagic
}

// tableReader reads blocks of a sorted table.
type tableReader struct {
	*io.SectionReader
	budget int64 // bytes that all blocks together may still have
}

// eachEntry calls f with the keys and values of a sorted table in the order of the file. They change after the call.
// No key may be longer than maxKey bytes.
func eachEntry(file *io.SectionReader, maxKey int, f func(key, value []byte) error) error {
	t := tableReader{file, file.Size()}
	var footer [footerSize]byte
	if _, err := t.ReadAt(footer[:], t.Size()-footerSize); err != nil && err != io.EOF {
		return err
	}
	statistics, rest, err := handle(footer[:])
	if err != nil {
		return err
	}
	if _, err := t.block(statistics); err != nil { // only to find damage
		return err
	}
	index, _, err := handle(rest)
	if err != nil {
		return err
	}
	places, err := t.block(index)
	if err != nil {
		return err
	}
	return eachInBlock(places, maxKey, func(_, value []byte) error {
		place, _, err := handle(value)
		if err != nil {
			return err
		}
		entries, err := t.block(place)
		if err != nil {
			return err
		}
		return eachInBlock(entries, maxKey, f)
	})
}

// handle reads the place of a block from the beginning of data, and returns what follows.
func handle(data []byte) (place piece, rest []byte, err error) {
	offset, data, err := uvarint(data)
	if err != nil {
		return piece{}, nil, err
	}
	length, data, err := uvarint(data)
	return piece{offset, length}, data, err
}

// block reads a block and checks its sum.
func (t *tableReader) block(p piece) ([]byte, error) {
	if p.bytes > t.Size()-trailerSize || p.offset > t.Size()-trailerSize-p.bytes {
		return nil, fmt.Errorf("the index is damaged: it has a block at bytes %d to %d of %d", p.offset, p.offset+p.bytes, t.Size())
	}
	if t.budget -= p.bytes; t.budget < 0 {
		return nil, errors.New("the index is damaged: its blocks overlap")
	}
	data := make([]byte, p.bytes+trailerSize)
	if _, err := t.ReadAt(data, p.offset); err != nil && err != io.EOF {
		return nil, err
	}
	content := data[:p.bytes]
	if maskedSum(data[:p.bytes+1]) != binary.LittleEndian.Uint32(data[p.bytes+1:]) {
		return nil, errors.New("the index is damaged: a block has a wrong checksum")
	}
	switch compression := data[p.bytes]; compression {
	case 0:
		return content, nil
	case 1:
		return nil, errors.New("the index is compressed with Snappy, as TensorFlow doesn't write it; load the checkpoint in Python and save it again")
	default:
		return nil, fmt.Errorf("the index is damaged: a block is compressed in a way %d", compression)
	}
}

// errBlock is about a block's entries.
var errBlock = errors.New("the index is damaged: an entry doesn't fit in its block")

// eachInBlock calls f with a block's entries. Each begins with how many bytes of its key are those of the key before, how
// many follow, and how many the value has. Behind the entries are the places of those with whole keys, for
// searching, and their number.
func eachInBlock(block []byte, maxKey int, f func(key, value []byte) error) error {
	if len(block) < 4 {
		return errBlock
	}
	wholeKeys, end := int64(binary.LittleEndian.Uint32(block[len(block)-4:])), int64(len(block)-4)
	if wholeKeys > end/4 {
		return errBlock
	}
	var key []byte
	for rest := block[:end-4*wholeKeys]; len(rest) > 0; {
		var lengths [3]int64 // shared, further, value
		for i := range lengths {
			var err error
			if lengths[i], rest, err = uvarint(rest); err != nil {
				return err
			}
		}
		shared, further, value := lengths[0], lengths[1], lengths[2]
		if shared > int64(len(key)) || further > int64(len(rest)) || value > int64(len(rest))-further {
			return errBlock
		}
		if shared+further > int64(maxKey) {
			return fmt.Errorf("the index is damaged: it has a name of %d bytes", shared+further)
		}
		key = append(key[:shared], rest[:further]...)
		if err := f(key, rest[further:further+value]); err != nil {
			return err
		}
		rest = rest[further+value:]
	}
	return nil
}

// uvarint reads a number, and returns what follows it.
func uvarint(data []byte) (v int64, rest []byte, err error) {
	n, size := binary.Uvarint(data)
	if size <= 0 || int64(n) < 0 {
		return 0, nil, errBlock
	}
	return int64(n), data[size:], nil
}
