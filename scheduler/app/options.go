package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/villagecast/villagecast/media/speech"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/console"
)

// Defaults of Options.
const (
	DefaultHTTP = "127.0.0.1:8520"
	DefaultMQTT = "127.0.0.1:8521"
	// DefaultUploadCeiling is 512 MiB.
	DefaultUploadCeiling = 512 << 20
)

// Options of a centre. Only Data must be given.
type Options struct {
	// Data is the directory of everything that the centre keeps.
	Data string
	// HTTP and MQTT are the addresses to listen on, host:port; DefaultHTTP and
	// DefaultMQTT if empty. Port 0 takes a free one.
	HTTP, MQTT string
	// Listeners are the addresses of doors that have one of their own; the others
	// stand at HTTP.
	Listeners map[scheduler.Door]string
	// PublicHTTP and PublicMQTT are the URLs under which units reach the centre, if
	// they are not those of the listeners; people too, where they share the units'.
	PublicHTTP, PublicMQTT string
	// PublicURL is the address under which phones reach the centre from outside; it
	// stands on cards and in links.
	PublicURL string
	// TrustedProxies are addresses and networks of proxies that are believed when
	// they say for whom they ask.
	TrustedProxies []string
	// CertFile and KeyFile are the county's own certificate for the listeners of
	// people, PEM; without them it is one of the centre's own authority.
	CertFile, KeyFile string
	// Broker replaces the embedded broker.
	Broker *ExternalBroker
	// TLS serves HTTP and MQTT under the centre's own authority. It is on
	// whenever one of them listens beyond loopback.
	TLS bool
	// Hosts are the names and addresses in the certificate; those of the
	// machine if empty.
	Hosts []string
	// UploadCeiling is the largest upload in bytes; DefaultUploadCeiling if zero.
	UploadCeiling int64
	// Speech is the command that speaks, and SpeechEnglish the one for a text
	// without a Chinese character, see speech.Command; espeak-ng if empty.
	Speech, SpeechEnglish []string
	// Demonstration serves its page under /demo; nil for a real county.
	Demonstration console.Demonstration
	// Alive is called, if not nil, at every turn of the loop that judges units:
	// while it is, the store answers.
	Alive func()
	// Version of the software.
	Version string
	// VFS names another file layer of SQLite.
	VFS string
	// Listen replaces net.Listen.
	Listen func(network, address string) (net.Listener, error)
	Logger *slog.Logger

	proxies proxies
	// everywhere tells that TLS was asked for, on loopback too.
	everywhere bool
}

// ExternalBroker is a broker that somebody else runs.
type ExternalBroker struct {
	// URL such as ssl://broker:8883.
	URL string
	// User and Password of the centre.
	User, Password string
	// TLS trusts the broker; the system's authorities if nil.
	TLS *tls.Config
	// Dial replaces the way to the broker.
	Dial func(context.Context) (net.Conn, error)
}

func (o *Options) validate() error {
	if o.Data == "" {
		return invalid("data", "",
			scheduler.Words{ZH: "没有给数据目录", EN: "no data directory is given"},
			scheduler.Words{ZH: "写一个，如 villagecast-data", EN: "name one, such as villagecast-data"})
	}
	if o.HTTP == "" {
		o.HTTP = DefaultHTTP
	}
	if o.MQTT == "" {
		o.MQTT = DefaultMQTT
	}
	beyond := false
	listeners := o.addresses()
	if o.Broker == nil {
		listeners = append(listeners, address{field: "mqtt", address: o.MQTT})
	}
	for _, l := range listeners {
		host, port, err := net.SplitHostPort(l.address)
		if err != nil || port == "" {
			return invalid(l.field, l.address,
				scheduler.Words{ZH: "这不是能监听的地址", EN: "this is no address to listen on"},
				scheduler.Words{ZH: "写成 主机:端口，如 127.0.0.1:8520", EN: "give host:port, such as 127.0.0.1:8520"})
		}
		beyond = beyond || !loopback(host)
	}
	for _, u := range []struct{ field, value string }{{"public_http", o.PublicHTTP}, {"public_mqtt", o.PublicMQTT}} {
		if p, err := url.Parse(u.value); u.value != "" && (err != nil || p.Host == "" || p.Scheme == "") {
			return invalid(u.field, u.value,
				scheduler.Words{ZH: "这不是网址", EN: "this is no URL"},
				scheduler.Words{ZH: "写成 协议://主机:端口", EN: "give scheme://host:port"})
		}
	}
	if err := errors.Join(checkPublicURL(o.PublicURL), o.checkCertificate()); err != nil {
		return err
	}
	var err error
	if o.proxies, err = parseProxies(o.TrustedProxies); err != nil {
		return err
	}
	if o.UploadCeiling < 0 {
		return invalid("upload_ceiling", fmt.Sprint(o.UploadCeiling),
			scheduler.Words{ZH: "小于零", EN: "is less than nothing"},
			scheduler.Words{ZH: "写一个大小；0 就是 512 MiB", EN: "give a size, or 0 for 512 MiB"})
	}
	if o.UploadCeiling == 0 {
		o.UploadCeiling = DefaultUploadCeiling
	}
	if err := o.speaker().Validate(); err != nil {
		return invalid("speech", strings.Join(o.Speech, " "),
			scheduler.Words{ZH: err.Error(), EN: err.Error()},
			scheduler.Words{ZH: "见 configs/centre.yaml 里 speech 的说明", EN: "see the comment on speech in configs/centre.yaml"})
	}
	o.everywhere = o.TLS
	o.TLS = o.TLS || beyond
	if o.TLS && len(o.Hosts) == 0 {
		o.Hosts = machineHosts()
	}
	if o.Listen == nil {
		o.Listen = net.Listen
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

// checkPublicURL wants https and a bare host, since it is printed on cards; plain
// HTTP only on this machine, for those who try it out.
func checkPublicURL(value string) error {
	const field = "public_url"
	remedy := scheduler.Words{ZH: "写手机从外面打开的 https://名字，如 https://centre.example", EN: "give https://name, as phones reach it from outside, such as https://centre.example"}
	u, err := url.Parse(value)
	switch {
	case value == "":
		return nil
	case err != nil || u.Hostname() == "":
		return invalid(field, value, scheduler.Words{ZH: "这不是网址", EN: "this is no URL"}, remedy)
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return invalid(field, value, scheduler.Words{ZH: "手机从互联网来，必须用 TLS", EN: "phones come over the internet, and so under TLS"}, remedy)
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return invalid(field, value, scheduler.Words{ZH: "除了主机和端口还有别的", EN: "has more than a host and a port"}, remedy)
	}
	return nil
}

// speaker is the command that speaks.
func (o *Options) speaker() *speech.Command {
	if len(o.Speech) == 0 {
		return speech.Espeak()
	}
	return &speech.Command{Argv: o.Speech, English: o.SpeechEnglish}
}

func invalid(field, value string, message, remedy scheduler.Words) error {
	return &scheduler.Error{Kind: scheduler.Invalid, Field: field, Value: value, Message: message, Remedy: remedy}
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// machineHosts are the machine's name and its addresses.
func machineHosts() []string {
	hosts := []string{"localhost"}
	if name, err := os.Hostname(); err == nil && name != "localhost" {
		hosts = append(hosts, name)
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return append(hosts, "127.0.0.1")
	}
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLinkLocalUnicast() {
			hosts = append(hosts, n.IP.String())
		}
	}
	slices.Sort(hosts[1:])
	return slices.Compact(hosts)
}

// outside is the host:port under which a listener is reached from outside,
// given its own address and the first name in the certificate.
func outside(l net.Addr, hosts []string) string {
	host, port, err := net.SplitHostPort(l.String())
	if err != nil {
		return l.String() // in memory
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		for _, h := range hosts {
			if !loopback(h) {
				host = h
				break
			}
		}
	}
	return fmt.Sprintf("%s:%s", bracket(host), port)
}

func bracket(host string) string {
	if ip := net.ParseIP(host); ip != nil && ip.To4() == nil {
		return "[" + host + "]"
	}
	return host
}
