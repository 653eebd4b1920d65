package bucket

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"rtmwasm/gateway/media"
)

// defaultRegion is used for object stores that have no regions.
const defaultRegion = "us-east-1"

// maxAttempts is how often a request is sent before it fails. The client of the gateway repeats its own
// request, too.
const maxAttempts = 3

// maxIdle is how many idle connections stay open.
const maxIdle = 256

func newClient(ctx context.Context, options Options) (*s3.Client, error) {
	transport := awshttp.NewBuildableClient().
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = 5 * time.Second }).
		WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConns, t.MaxIdleConnsPerHost = maxIdle, maxIdle
			t.TLSHandshakeTimeout = 5 * time.Second
			t.ResponseHeaderTimeout = stallTime
			t.WriteBufferSize, t.ReadBufferSize = copyBytes, copyBytes
		})
	loaded, err := config.LoadDefaultConfig(ctx,
		config.WithHTTPClient(transport),
		config.WithRetryer(func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts, o.MaxBackoff = maxAttempts, time.Second
			})
		}))
	if err != nil {
		return nil, fmt.Errorf("bucket: read the AWS settings of the environment: %w", err)
	}
	return s3.NewFromConfig(loaded, func(o *s3.Options) {
		o.HTTPClient = tracedClient{o.HTTPClient}
		o.Region = cmp.Or(options.Region, o.Region, defaultRegion)
		o.UsePathStyle = options.PathStyle
		if options.Endpoint != "" {
			o.BaseEndpoint = &options.Endpoint
		}
		// Requests have the SHA-256 of the content already (see withDigest). Not every object store
		// knows the checksums that the SDK would add.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		o.DisableLogOutputChecksumValidationSkipped = true
	}), nil
}

// withDigest signs a request with the known SHA-256 of its body, so that the SDK need not compute it. The
// object store checks it.
func withDigest(sum []byte) func(*s3.Options) {
	setHash := middleware.InitializeMiddlewareFunc("KnownDigest", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		return next.HandleInitialize(v4.SetPayloadHash(ctx, hex.EncodeToString(sum)), in)
	})
	return func(o *s3.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Initialize.Add(setHash, middleware.After)
		})
	}
}

// failed wraps an error of the object store. It becomes media.ErrNotFound if there is no such object.
func failed(doing string, err error) error {
	switch code := errorCode(err); {
	case err == nil:
		return nil
	case code == "NoSuchKey" || code == "NotFound" || code == "" && status(err) == http.StatusNotFound:
		return fmt.Errorf("bucket: %s: %w", doing, media.ErrNotFound)
	case code == "XAmzContentSHA256Mismatch" || code == "BadDigest" || code == "XAmzContentChecksumMismatch":
		return fmt.Errorf("bucket: %s: %w (%w)", doing, errDamaged, err)
	}
	return fmt.Errorf("bucket: %s: %w", doing, err)
}

// errDamaged means that the object store received other bytes than were sent.
var errDamaged = errors.New("the content was damaged")

// errorCode returns the object store's code of an error, or "".
func errorCode(err error) string {
	var known smithy.APIError
	if errors.As(err, &known) {
		return known.ErrorCode()
	}
	return ""
}

// status returns the HTTP status of an error, or 0.
func status(err error) int {
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}
