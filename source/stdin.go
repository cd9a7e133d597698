package source

import (
	"context"
	"io"
)

// patient reads from r until ctx is done, even while r keeps it waiting. What r gives afterwards is lost.
type patient struct {
	ctx context.Context
	r   io.Reader
}

func (p patient) Read(b []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	read := make(chan result, 1)
	buffer := make([]byte, len(b))
	go func() {
		n, err := p.r.Read(buffer)
		read <- result{n, err}
	}()
	select {
	case <-p.ctx.Done():
		return 0, p.ctx.Err()
	case got := <-read:
		return copy(b, buffer[:got.n]), got.err
	}
}
