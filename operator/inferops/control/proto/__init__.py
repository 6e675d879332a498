"""KEDA's external scaler protocol; externalscaler_pb2.py is generated from externalscaler.proto."""
