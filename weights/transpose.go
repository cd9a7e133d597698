package weights

import "io"

// transposed reports whether the file holds the slot's array as Cols×Rows.
func (s *Slot) transposed(h Header) bool {
	return s.Order == Flipped || s.Order == FlippedByHeader && h.Transposed()
}

// A tile is a part of a transposed array that follows on in the file: whole columns of the
// memory, or a piece of one column where a column is longer than the buffer.
type tile struct{ row, rows, col, cols int }

// eachTile walks a rows×cols array in the order of its transposed file.
func eachTile(rows, cols int, visit func(tile) error) error {
	if rows == 0 || cols == 0 {
		return nil
	}
	tileRows := min(rows, chunkFloats)
	tileCols := 1
	if tileRows == rows {
		tileCols = max(1, chunkFloats/rows)
	}
	for c := 0; c < cols; c += tileCols {
		for r := 0; r < rows; r += tileRows {
			t := tile{r, min(tileRows, rows-r), c, min(tileCols, cols-c)}
			if err := visit(t); err != nil {
				return err
			}
		}
	}
	return nil
}

// readTransposed fills dst (rows×cols, row-major) from a file that holds it as cols×rows. It
// returns the number of bytes read.
func readTransposed(r io.Reader, dst []float32, rows, cols int) (int64, error) {
	buf := make([]float32, min(len(dst), chunkFloats))
	var total int64
	err := eachTile(rows, cols, func(t tile) error {
		part := buf[:t.rows*t.cols]
		n, err := readFloats(r, part)
		total += n
		if err != nil {
			return err
		}
		for i := range t.rows {
			line := dst[(t.row+i)*cols+t.col:][:t.cols]
			for j := range line {
				line[j] = part[j*t.rows+i]
			}
		}
		return nil
	})
	return total, err
}

// writeTransposed writes src (rows×cols, row-major) as cols×rows.
func writeTransposed(w io.Writer, src []float32, rows, cols int) error {
	buf := make([]float32, min(len(src), chunkFloats))
	return eachTile(rows, cols, func(t tile) error {
		part := buf[:t.rows*t.cols]
		for i := range t.rows {
			line := src[(t.row+i)*cols+t.col:][:t.cols]
			for j, v := range line {
				part[j*t.rows+i] = v
			}
		}
		return writeFloats(w, part)
	})
}
