output "namespace" {
  value = helm_release.patchbay.namespace
}

output "database" {
  description = "The host of PostgreSQL."
  value       = aws_db_instance.patchbay.address
}
