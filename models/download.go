package models

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// download brings one file to its name with .part behind.
type download struct {
	*Puller
	*target
	resumed bool // what lies there is of more than one response
}

// noteSuffix is behind the name of a file that tells whose part an unfinished file is.
const noteSuffix = ".json"

// note says which version of which file has begun to come.
type note struct {
	URL string `json:"url"`
	// Validator is the ETag or, without one, the date by which the server tells its versions of the file apart.
	Validator string `json:"validator"`
}

// fetch tries the file's URLs one after the other.
func (d *download) fetch(ctx context.Context) error {
	var failed []error
	for _, from := range d.URLs {
		err := d.fetchFrom(ctx, from)
		if err == nil {
			return d.shorten()
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var local *os.PathError
		if errors.As(err, &local) { // the disk is full: no server can help
			return err
		}
		failed = append(failed, fmt.Errorf("%s: %w", from, err))
	}
	return errors.Join(failed...)
}

// fetchFrom brings the whole file from one URL, and checks it.
func (d *download) fetchFrom(ctx context.Context, from string) error {
	for {
		if err := d.persist(ctx, from); err != nil {
			return err
		}
		err := d.verify(d.latest())
		if err == nil {
			return nil
		}
		once := !d.resumed
		d.discard()
		if once {
			return err
		}
		d.tell("%s is fetched from its beginning: what came earlier doesn't fit", d.name())
	}
}

// persist tries until the whole file has come.
func (d *download) persist(ctx context.Context, from string) error {
	retries, pause := cmp.Or(d.Retries, 4), cmp.Or(d.Pause, time.Second)
	for failures := 0; ; {
		before := size(d.latest())
		err := d.attempt(ctx, from)
		if err == nil || ctx.Err() != nil {
			return err
		}
		var t *temporary
		if !errors.As(err, &t) {
			return err
		}
		if size(d.latest()) > before {
			failures = 0
		}
		if failures++; failures > retries {
			return err
		}
		wait := max(pause<<(failures-1), t.after)
		d.tell("%s: %v; again in %v", d.name(), err, wait)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// temporary is an error that another attempt may not meet.
type temporary struct {
	error
	after time.Duration // the server asks to wait for so long
}

func (t *temporary) Unwrap() error { return t.error }

// offset is how much of the file at a URL has come earlier.
func (d *download) offset(from string) int64 {
	n := size(d.latest())
	if n == 0 {
		return 0
	}
	if begun := d.note(); begun.URL != from || begun.Validator == "" && d.SHA256 == "" {
		return 0 // it can't be told whether the rest belongs to it
	}
	if n > d.limit() {
		return 0
	}
	return n
}

// note reads whose part the unfinished file is.
func (d *download) note() (n note) {
	if text, err := os.ReadFile(d.latest() + noteSuffix); err == nil {
		_ = json.Unmarshal(text, &n) // what can't be read says nothing
	}
	return n
}

// discard forgets what has come.
func (d *download) discard() {
	d.resumed = false
	os.Remove(d.latest())
	os.Remove(d.latest() + noteSuffix)
}

// attempt asks for what is missing once, and adds what comes.
func (d *download) attempt(ctx context.Context, from string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	idle := cmp.Or(d.Idle, 30*time.Second)
	watch := time.AfterFunc(idle, func() { cancel(fmt.Errorf("nothing came for %v", idle)) })
	defer watch.Stop()

	offset := d.offset(from)
	if offset > 0 && offset == d.Bytes {
		d.resumed = true
		return nil
	}
	resp, err := d.ask(ctx, from, offset)
	if err != nil {
		return plainError(ctx, err)
	}
	defer resp.Body.Close()
	begin, total, err := d.admit(resp, offset)
	if err != nil {
		return err
	}
	out, err := d.open(from, resp, begin)
	if err != nil {
		return err
	}
	done := begin
	buffer := make([]byte, 64<<10)
	for {
		n, err := resp.Body.Read(buffer)
		watch.Reset(idle)
		if done += int64(n); done > d.limit() {
			out.Close()
			d.discard()
			return fmt.Errorf("%w: it has more than %d bytes", ErrDamaged, d.limit())
		}
		if _, err := out.Write(buffer[:n]); err != nil {
			out.Close()
			return err
		}
		if d.Progress != nil {
			d.Progress(d.name(), done, cmp.Or(total, d.Bytes))
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			out.Close()
			return plainError(ctx, err)
		}
	}
	if err := errors.Join(out.Sync(), out.Close()); err != nil {
		return err
	}
	if !d.fits(done) && done < d.limit() {
		return &temporary{error: fmt.Errorf("the connection ended after %d of %d bytes", done, d.Bytes)}
	}
	return nil
}

// ask sends the request for the bytes from offset on.
func (d *download) ask(ctx context.Context, from string, offset int64) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept-Encoding", "identity") // a range of what is compressed would be of no use
	if d.UserAgent != "" {
		req.Header.Set("User-Agent", d.UserAgent)
	}
	if offset > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
		if v := d.note().Validator; v != "" {
			req.Header.Set("If-Range", v)
		}
	}
	client := d.Client
	if client == nil {
		client = &http.Client{CheckRedirect: redirect}
	}
	return client.Do(req)
}

// refusal is why a redirection isn't followed.
type refusal struct{ reason string }

func (r *refusal) Error() string { return r.reason }

// redirect follows where a server sends us, but not from an encrypted connection to an open one.
func redirect(req *http.Request, via []*http.Request) error {
	if len(via) >= 10 {
		return &refusal{"the server sends us from one place to the next"}
	}
	if via[0].URL.Scheme == "https" && req.URL.Scheme != "https" {
		return &refusal{"the server sends us to " + req.URL.Redacted() + ", which is not encrypted"}
	}
	return nil
}

// admit checks the response's head, and tells at which byte its body begins and how many bytes
// the whole file has, 0 if that is not known.
func (d *download) admit(resp *http.Response, offset int64) (begin, total int64, err error) {
	switch code := resp.StatusCode; {
	case code == http.StatusOK:
		total = max(0, resp.ContentLength)
	case code == http.StatusPartialContent && offset > 0:
		if begin, total, err = contentRange(resp.Header.Get("Content-Range")); err != nil || begin != offset {
			d.discard()
			return 0, 0, &temporary{error: fmt.Errorf("the server sends other bytes than were asked for (Content-Range: %q)", resp.Header.Get("Content-Range"))}
		}
	case code == http.StatusRequestedRangeNotSatisfiable && offset > 0:
		d.discard()
		return 0, 0, &temporary{error: errors.New("the server can't go on where it stopped")}
	case code == http.StatusRequestTimeout, code == http.StatusTooManyRequests, code >= 500:
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After")) // a date counts as none
		return 0, 0, &temporary{error: fmt.Errorf("the server says %s", resp.Status), after: time.Duration(min(max(0, seconds), 60)) * time.Second}
	default:
		return 0, 0, fmt.Errorf("the server says %s", resp.Status)
	}
	if total > 0 && !d.fits(total) {
		if d.Bytes == 0 {
			return 0, 0, fmt.Errorf("%w: it has %d bytes, which is more than such a text needs", ErrDamaged, total)
		}
		return 0, 0, fmt.Errorf("%w: it has %d bytes, not %d", ErrDamaged, total, d.Bytes)
	}
	return begin, total, nil
}

// contentRange reads "bytes 100-199/200"; total is 0 for *.
func contentRange(header string) (begin, total int64, err error) {
	span, size, _ := strings.Cut(strings.TrimPrefix(header, "bytes "), "/")
	first, _, _ := strings.Cut(span, "-")
	if begin, err = strconv.ParseInt(first, 10, 64); err != nil || size == "*" {
		return begin, 0, err
	}
	total, err = strconv.ParseInt(size, 10, 64)
	return begin, total, err
}

// open opens the unfinished file for what comes from byte begin on.
func (d *download) open(from string, resp *http.Response, begin int64) (*os.File, error) {
	flags := os.O_WRONLY | os.O_CREATE
	if begin > 0 {
		d.resumed = true
		d.tell("%s: going on from byte %d", d.name(), begin)
		return os.OpenFile(d.latest(), flags|os.O_APPEND, 0o666)
	}
	validator := resp.Header.Get("ETag")
	if strings.HasPrefix(validator, "W/") { // a weak one doesn't say that the bytes are the same
		validator = ""
	}
	validator = cmp.Or(validator, resp.Header.Get("Last-Modified"))
	text, err := json.Marshal(note{URL: from, Validator: validator})
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(d.latest(), flags|os.O_TRUNC, 0o666)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(d.latest()+noteSuffix, text, 0o666); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// plainError words an error of a connection, and tells whether it may pass.
func plainError(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && cause != context.Canceled {
		return &temporary{error: cause}
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	var certificate *tls.CertificateVerificationError
	var name *net.DNSError
	var refused *refusal
	switch {
	case errors.As(err, &certificate), errors.As(err, &refused), errors.As(err, &name) && name.IsNotFound:
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		err = errors.New("the connection broke")
	}
	return &temporary{error: err}
}
