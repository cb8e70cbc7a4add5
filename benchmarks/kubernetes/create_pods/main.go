// Creates pods, so many at once, and prints how long the API server took for each, in microseconds.
//
// create_pods SERVER CA CERT KEY NAMESPACE IMAGE COUNT IN_FLIGHT
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const pod = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p%d"},"spec":{"schedulerName":"nobody",` +
	`"automountServiceAccountToken":false,"initContainers":[{"name":"first","image":%q}],` +
	`"containers":[{"name":"main","image":%q},{"name":"beside","image":%q}]}}`

func main() {
	server, namespace, image := os.Args[1], os.Args[5], os.Args[6]
	count, inFlight := number(os.Args[7]), number(os.Args[8])
	client := connect(os.Args[2], os.Args[3], os.Args[4], inFlight)
	took := make([]time.Duration, count)
	var next atomic.Int64
	var group sync.WaitGroup
	for range inFlight {
		group.Add(1)
		go func() {
			defer group.Done()
			for {
				index := int(next.Add(1)) - 1
				if index >= count {
					return
				}
				body := fmt.Appendf(nil, pod, index, image, image, image)
				begun := time.Now()
				answer, err := client.Post(server+"/api/v1/namespaces/"+namespace+"/pods", "application/json", bytes.NewReader(body))
				must(err)
				said, err := io.ReadAll(answer.Body)
				must(err)
				took[index] = time.Since(begun)
				must(answer.Body.Close())
				if answer.StatusCode != http.StatusCreated {
					must(fmt.Errorf("%s: %s", answer.Status, said))
				}
			}
		}()
	}
	group.Wait()
	for _, each := range took {
		fmt.Println(each.Microseconds())
	}
}

// A connection for each request in flight: over HTTP/2 they would wait for each other in one.
func connect(ca, cert, key string, inFlight int) *http.Client {
	pair, err := tls.LoadX509KeyPair(cert, key)
	must(err)
	pem, err := os.ReadFile(ca)
	must(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig:     &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots},
		TLSNextProto:        map[string]func(string, *tls.Conn) http.RoundTripper{},
		MaxIdleConnsPerHost: inFlight,
	}}
}

func number(text string) int {
	found, err := strconv.Atoi(text)
	must(err)
	return found
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
