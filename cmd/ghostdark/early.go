package main

import (
	"bytes"
	"sync/atomic"
	"time"

	"github.com/ghostdark/ghostdark/cfgs"
	"github.com/ghostdark/ghostdark/picture"
)

// decoded is a picture as it was read, or why it was not.
type decoded struct {
	image *picture.Image
	took  time.Duration
	err   error
}

// decode reads a picture file; the embedded model's own picture when the path is empty.
func decode(path string, embedded *cfgs.Model) (d decoded) {
	at := time.Now()
	if path == "" {
		d.image, d.err = picture.Decode(bytes.NewReader(embedded.Picture), embedded.PictureName, picture.Limits{})
	} else {
		d.image, d.err = picture.Open(path, picture.Limits{})
	}
	d.took = lap(&at)
	return d
}

// early is a picture that is being decoded while its network is loaded, since either takes
// about as long when the network is small.
type early struct {
	path   string
	result chan decoded
	taken  atomic.Bool
}

func decodeEarly(path string, embedded *cfgs.Model) *early {
	e := &early{path: path, result: make(chan decoded, 1)}
	go func() { e.result <- decode(path, embedded) }()
	return e
}

// decode gives the picture of that path: the early one, once, if that is it.
func (m *model) decode(path string) decoded {
	if e := m.early; e != nil && path == e.path && e.taken.CompareAndSwap(false, true) {
		return <-e.result
	}
	return decode(path, m.embedded)
}
