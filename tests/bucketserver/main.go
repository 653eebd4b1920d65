// Command bucketserver runs an S3 server for browser tests, with a bucket "media" that pages
// may read. It prints its URL and then, for each line of its standard input, how many
// downloads were made by links since the last; it ends with its standard input.
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"sync/atomic"
	"time"

	"rtmwasm/tests/s3"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	dir, err := os.MkdirTemp("", "rtm-s3-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	server, err := s3.New(ctx, dir)
	if err != nil {
		return err
	}
	if err := server.MakeBucket("media"); err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}
	defer server.Kill()
	if err := server.AllowPages(ctx, "media"); err != nil {
		return err
	}
	target, err := url.Parse(server.URL)
	if err != nil {
		return err
	}
	// The signature is of the Host that was sent.
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host }}
	var downloads atomic.Int64
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.URL.Query().Has("X-Amz-Signature") {
			downloads.Add(1)
		}
		forward.ServeHTTP(w, r)
	}))
	defer front.Close()
	fmt.Printf("url=%s\n", front.URL)
	for orders := bufio.NewScanner(os.Stdin); orders.Scan(); {
		fmt.Printf("downloads=%d\n", downloads.Swap(0))
	}
	return nil
}
