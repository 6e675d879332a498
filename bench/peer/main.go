// Command peer is what a Go operator does at the least with an InferenceInstance: controller-runtime applies its children
// and its status once for each generation. It watches no children, so it repairs nothing and hears of no pod: the
// benchmark compares the pace of writing alone.
//
// The children come from a template: a JSON file {"objects": [...], "status": {...}} of an instance whose name and uid
// the environment tells; each instance gets it with its own namespace, name and uid.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
)

const workers = 16 // as many as the operator's

var kind = schema.GroupVersionKind{Group: "inferops.dev", Version: "v1alpha1", Kind: "InferenceInstance"}

// Sample names what the template has in the place of each instance's own.
type Sample struct{ Namespace, Name, UID string }

// Template is all that is applied for one instance.
type Template struct {
	Objects []map[string]any `json:"objects"`
	Status  map[string]any   `json:"status"`
}

// Reconciler applies the children of an instance, then its status.
type Reconciler struct {
	client.Client
	template string
	sample   Sample
}

func main() {
	ctrl.SetLogger(zap.New(zap.WriteTo(os.Stderr)))
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	template, err := os.ReadFile(os.Getenv("PEER_TEMPLATE"))
	if err != nil {
		return err
	}
	config, err := ctrl.GetConfig()
	if err != nil {
		return err
	}
	config.QPS = -1 // the default of 20 requests per second is no measure
	manager, err := ctrl.NewManager(config, ctrl.Options{Metrics: server.Options{BindAddress: "0"}})
	if err != nil {
		return err
	}
	sample := Sample{os.Getenv("PEER_NAMESPACE"), os.Getenv("PEER_NAME"), os.Getenv("PEER_UID")}
	instance := &unstructured.Unstructured{}
	instance.SetGroupVersionKind(kind)
	err = ctrl.NewControllerManagedBy(manager).
		For(instance, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		WithOptions(controller.Options{MaxConcurrentReconciles: workers}).
		Complete(&Reconciler{manager.GetClient(), string(template), sample})
	if err != nil {
		return err
	}
	return manager.Start(ctrl.SetupSignalHandler())
}

// Reconcile is called by controller-runtime, again after an error.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	instance := &unstructured.Unstructured{}
	instance.SetGroupVersionKind(kind)
	if err := r.Get(ctx, request.NamespacedName, instance); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	template, err := r.build(instance)
	if err != nil {
		return ctrl.Result{}, err
	}
	for _, object := range template.Objects {
		child := client.ApplyConfigurationFromUnstructured(&unstructured.Unstructured{Object: object})
		if err := r.Apply(ctx, child, client.FieldOwner("peer"), client.ForceOwnership); err != nil {
			return ctrl.Result{}, err
		}
	}
	template.Status["observedGeneration"] = instance.GetGeneration()
	status := &unstructured.Unstructured{Object: map[string]any{"status": template.Status}}
	status.SetGroupVersionKind(kind)
	status.SetNamespace(instance.GetNamespace())
	status.SetName(instance.GetName())
	return ctrl.Result{}, r.Status().Apply(ctx, client.ApplyConfigurationFromUnstructured(status), client.FieldOwner("peer"), client.ForceOwnership)
}

func (r *Reconciler) build(instance *unstructured.Unstructured) (*Template, error) {
	replacer := strings.NewReplacer(
		r.sample.UID, string(instance.GetUID()), r.sample.Name, instance.GetName(), r.sample.Namespace, instance.GetNamespace())
	template := &Template{}
	return template, json.Unmarshal([]byte(replacer.Replace(r.template)), template)
}
