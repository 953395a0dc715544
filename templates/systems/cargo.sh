{% import "systems/words.sh" as args -%}
{% block configure %}{% endblock %}
{% block build -%}
cargo build --release --offline --locked --jobs "$jobs"{% call args::words(make) %}{% endcall %}
{% endblock %}
{% block install -%}
cargo install --offline --locked --no-track --path . --root /usr{% call args::words(install) %}{% endcall %}
{% endblock %}
