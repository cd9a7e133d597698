package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/ghostdark/ghostdark/picture"
)

// How long a picture on the web may take: to be found, and as a whole.
const (
	answerWithin = 30 * time.Second
	fetchWithin  = 2 * time.Minute
)

var client = &http.Client{
	Timeout: fetchWithin,
	Transport: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: answerWithin}).DialContext,
		TLSHandshakeTimeout:   answerWithin,
		ResponseHeaderTimeout: answerWithin,
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   4,
		IdleConnTimeout:       time.Minute,
	},
}

// openWeb fetches a picture. What is sent may be as large as a file, and its content tells the format.
func openWeb(ctx context.Context, address string) (*picture.Image, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, inner(err))
	}
	request.Header.Set("User-Agent", "ghostdark")
	request.Header.Set("Accept", "image/*")
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, inner(err))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: the server answers %s", address, response.Status)
	}
	return picture.Decode(body{response.Body}, address, picture.Limits{})
}

// body is what a server sends, with errors that say what happened.
type body struct{ io.Reader }

func (b body) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	var late net.Error
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = fmt.Errorf("the connection ended early; try again (%w)", err)
	case errors.As(err, &late) && late.Timeout():
		err = fmt.Errorf("not all of it came within %v (%w)", fetchWithin, err)
	}
	return n, err
}

// inner is what an error of a request says without the address.
func inner(err error) error {
	var whole *url.Error
	switch {
	case !errors.As(err, &whole):
		return err
	case whole.Timeout():
		return fmt.Errorf("no answer in time (%w)", whole.Err)
	}
	return whole.Err
}
