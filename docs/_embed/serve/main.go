// Command serve finds objects in pictures that it is sent by HTTP: curl --data-binary @cells.jpg HOST:PORT
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net/http"

	gonet "net"

	"github.com/ghostdark/ghostdark/detect"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/picture"
)

func main() {
	log.SetFlags(0)
	address := flag.String("address", "localhost:8080", "where to listen")
	flag.Parse()
	network, err := net.Open("cfgs/ghost-yolo-bccd.cfg", "cfgs/ghost-yolo-bccd.weights", net.Options{})
	if err != nil {
		log.Fatal(err)
	}
	pool, err := network.NewPool(2, net.SessionOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	listener, err := gonet.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	log.Fatal(http.Serve(listener, &finder{pool, network}))
}

type finder struct {
	pool    *net.Pool
	network *net.Network
}

// object is something that was found: its class, its probability, and a box in parts of the picture.
type object struct {
	Class int        `json:"class"`
	Score float32    `json:"score"`
	Box   detect.Box `json:"box"`
}

func (f *finder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const most = 16 << 20
	img, err := picture.Decode(http.MaxBytesReader(w, r.Body, most), "the picture", picture.Limits{})
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	found := []object{}
	err = f.pool.Do(r.Context(), func(session *net.Session) error { // waits until one of the sessions is free
		shape := f.network.Net.Input()
		input, err := img.Input(picture.ResizeStretch, shape)
		if err != nil {
			return err
		}
		if err := session.Run(r.Context(), input.Data); err != nil {
			return err
		}
		const thresh, overlap = 0.5, 0.45
		candidates, err := session.Candidates(0, thresh, detect.Fit{NetW: shape.W, NetH: shape.H, ImageW: img.W, ImageH: img.H})
		if err != nil {
			return err
		}
		candidates = f.network.Suppression(overlap).Apply(candidates, f.network.Classes())
		for _, d := range detect.Detections(candidates, detect.Filter{Thresh: thresh}) {
			found = append(found, object{d.Class, d.Score, d.Box})
		}
		return nil
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(found); err != nil {
		log.Print(err)
	}
}
