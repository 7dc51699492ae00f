package app

import (
	"context"
	"fmt"
	"time"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/auth"
)

// Keeping an eye on the certificate that was given for people's listeners.
const (
	certificateLook = 2 * time.Second
	// certificateShort is when a certificate should long have been renewed.
	certificateShort = 14 * 24 * time.Hour
)

// checkCertificate wants both files, and the units elsewhere: they trust the
// centre's own authority and no other.
func (o *Options) checkCertificate() error {
	switch {
	case o.CertFile == "" && o.KeyFile == "":
		return nil
	case o.CertFile == "":
		return invalid("tls.cert", "",
			scheduler.Words{ZH: "没有给证书", EN: "the certificate is missing"},
			scheduler.Words{ZH: "写证书文件（含证书链，PEM 格式）", EN: "name its file, with the chain, PEM"})
	case o.KeyFile == "":
		return invalid("tls.key", "",
			scheduler.Words{ZH: "没有给私钥", EN: "the key is missing"},
			scheduler.Words{ZH: "写私钥文件（PEM 格式）", EN: "name its file, PEM"})
	}
	for _, at := range o.addresses() {
		if at.doors.Has(scheduler.DoorUnits) && len(at.doors) > 1 {
			return invalid("listen.units", o.Listeners[scheduler.DoorUnits],
				scheduler.Words{ZH: "终端只信中心自己的证书机构，不能和你自己的证书共用一个监听地址", EN: "units trust the centre's own authority alone, and cannot share a listener with a certificate of your own"},
				scheduler.Words{ZH: "给终端单独一个监听地址，如 0.0.0.0:8522，public_http 里写同一个端口", EN: "give them a listener, such as 0.0.0.0:8522, and the same port in public_http"})
		}
	}
	return nil
}

// openCertificate reads the pair for people's listeners, if one is given.
func (a *App) openCertificate(context.Context) (err error) {
	if a.options.CertFile == "" {
		return nil
	}
	if a.ca == nil {
		a.log.Warn("the certificate of your own is not used: nothing listens beyond loopback")
		return nil
	}
	a.cert, err = auth.OpenCertificate(a.options.CertFile, a.options.KeyFile, a.ca)
	if err != nil {
		return invalid("tls", a.options.CertFile,
			scheduler.Words{ZH: err.Error(), EN: err.Error()},
			scheduler.Words{ZH: "给出证书（含证书链）和它的私钥，都是 PEM 格式", EN: "give a certificate with its chain and the key that belongs to it, both PEM"})
	}
	a.background("certificate", a.watchCertificate)
	return nil
}

// watchCertificate takes a renewed pair into use, and notes one that is no good
// and one that should have been renewed.
func (a *App) watchCertificate(ctx context.Context) {
	tick := time.NewTicker(certificateLook)
	defer tick.Stop()
	warned := time.Time{}
	for now := time.Now(); ; {
		if changed, err := a.cert.Look(now); changed && err != nil {
			a.noteCertificate(ctx, "certificate-refused", "the new pair is not taken, the one before stays in use: "+err.Error())
		} else if changed {
			a.noteCertificate(ctx, "certificate-renewed", "in use until "+a.cert.Leaf().NotAfter.Format(time.DateOnly))
		}
		if left := a.cert.Leaf().NotAfter.Sub(now); left < certificateShort && now.Sub(warned) > 24*time.Hour {
			warned = now
			a.noteCertificate(ctx, "certificate-ends", fmt.Sprintf("%s ends on %s: renew it", a.options.CertFile, a.cert.Leaf().NotAfter.Format(time.DateOnly)))
		}
		select {
		case <-ctx.Done():
			return
		case now = <-tick.C:
		}
	}
}

func (a *App) noteCertificate(ctx context.Context, code, text string) {
	a.log.Warn("certificate for people", "code", code, "text", text)
	if err := a.store.Note(ctx, "", code, text); err != nil && ctx.Err() == nil {
		a.log.Error("note an event", "code", code, "error", err)
	}
}
